using System.Diagnostics;
using System.Globalization;
using SeekSharp.Conversion;
using SeekSharp.Inference;
using SeekSharp.Quantization;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Conversion;

/// <summary>Files that we write load in llama.cpp, and it continues a text from them as we do. Needs Node and "npm install" in tests/vectors/models.</summary>
public sealed class LlamaCppTests : IDisposable
{
    private const int Count = 16;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>GGUF to folder to GGUF: the ids of the original, whose oracle says them.</summary>
    [Fact]
    public void Converted_files_give_the_ids_of_the_original()
    {
        string[] names = ["tiny-deepseek-v3", "tiny-deepseek-v2", "tiny-deepseek-lite", "tiny-deepseek-plain", "tiny-qwen2", "tiny-qwen2-yarn", "tiny-qwen3", "tiny-llama2", "tiny-llama2-linear", "tiny-llama3"];
        Oracle[] oracles = [.. names.Select(Oracle.Load)];
        string[] files = [.. names.Select(name =>
        {
            string folder = PathOf(name), file = PathOf(name + ".gguf");
            ModelConverter.ToFolder(Oracle.Path(name + ".gguf"), folder);
            ModelConverter.ToGguf(folder, file);
            return file;
        })];
        int[][] actual = Greedy(oracles[0].Prompt, files);
        for (int i = 0; i < names.Length; i++)
        {
            Assert.Equal(oracles[0].Prompt, oracles[i].Prompt);
            Assert.True(oracles[i].Continuation.AsSpan(0, Count).SequenceEqual(actual[i]), $"{names[i]}: {string.Join(' ', actual[i])}");
        }
    }

    /// <summary>Models without a router, whose near-ties quantisation would turn over.</summary>
    [Fact]
    public void Quantised_files_give_our_ids()
    {
        List<string> files = [];
        foreach (string name in (string[])["tiny-llama2", "tiny-qwen3"])
            foreach (FileType type in (FileType[])[FileType.Q8_0, FileType.Q4_0, FileType.Q4_K_M, FileType.Q5_K_M, FileType.Q6_K, FileType.F16, FileType.BF16])
            {
                string file = PathOf($"{name}-{type}.gguf");
                ModelQuantizer.Quantize(Oracle.Path(name + ".gguf"), file, type);
                files.Add(file);
            }

        int[] prompt = Oracle.Load("tiny-llama2").Prompt;
        int[][] theirs = Greedy(prompt, files);
        List<string> different = [];
        for (int i = 0; i < files.Count; i++)
        {
            using LanguageModel model = LanguageModel.Load(files[i]);
            int[] ours = Evaluation.Greedy(model, prompt, Count);
            if (!ours.AsSpan().SequenceEqual(theirs[i])) different.Add($"{Path.GetFileName(files[i])}: {string.Join(' ', ours)} here, {string.Join(' ', theirs[i])} there");
        }

        Assert.True(different.Count == 0, string.Join('\n', different));
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private static int[][] Greedy(int[] prompt, IReadOnlyList<string> files)
    {
        string script = Oracle.Path("greedy.mjs");
        if (!Directory.Exists(Path.Combine(Path.GetDirectoryName(script)!, "node_modules", "node-llama-cpp")))
            Assert.Skip("llama.cpp is not here; 'npm install' in tests/vectors/models fetches it.");
        ProcessStartInfo start = new("node", [script, Count.ToString(CultureInfo.InvariantCulture), string.Join(' ', prompt), .. files]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result + output);
        int[][] ids = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
            line.Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(files.Count, ids.Length);
        return ids;
    }
}
