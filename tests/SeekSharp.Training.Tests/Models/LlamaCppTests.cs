using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using SeekSharp.Conversion;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Models;

/// <summary>
/// What is trained here runs elsewhere: llama.cpp loads the GGUF file of a checkpoint and continues a text with the same tokens. Needs Node and "npm install" in
/// tests/vectors/models.
/// </summary>
public sealed class LlamaCppTests
{
    private const int Count = 16;

    [Fact]
    public void Llama_cpp_continues_as_the_trained_model_does()
    {
        string vectors = Vectors();
        using TemporaryFolder folder = new();
        int[] prompt = [3, 140, 17, 99, 42, 7, 180, 63];
        List<string> files = [];
        List<int[]> expected = [];
        foreach (ModelSize size in (ModelSize[])[ModelSize.ExtraSmall, ModelSize.Small, ModelSize.Medium])
        {
            // The tokenizer of a model whose vocabulary has the size of ours.
            string donor = Path.Combine(folder.Path, "donor-" + size.Name), path = Path.Combine(folder.Path, size.Name), file = path + ".gguf";
            ModelConverter.ToFolder(Path.Combine(vectors, "tiny-deepseek-v3.gguf"), donor);
            int vocabulary = HuggingFaceVocabulary(donor);
            using TrainingModel model = TestModels.Create(size.ToConfig(vocabulary, 512, predictionLayers: 1));
            Dictionary<string, string> texts = Directory.GetFiles(donor, "*.json").Where(name => Path.GetFileName(name) is "tokenizer.json" or "tokenizer_config.json" or "generation_config.json")
                .ToDictionary(name => Path.GetFileName(name), File.ReadAllText);
            Checkpoint.SaveModel(path, model, texts);
            ModelConverter.ToGguf(path, file);
            files.Add(file);
            expected.Add(Greedy(model, prompt));
            using LanguageModel engine = LanguageModel.Load(file);
            Assert.Equal(expected[^1], Greedy(engine, prompt));
        }

        int[][] theirs = Greedy(vectors, prompt, files);
        for (int i = 0; i < files.Count; i++) Assert.Equal(expected[i], theirs[i]);
    }

    private static int HuggingFaceVocabulary(string folder)
    {
        using HuggingFaceFolder file = HuggingFaceFolder.Open(folder);
        return file.Config.VocabularySize;
    }

    private static int[] Greedy(TrainingModel model, int[] prompt)
    {
        List<int> tokens = [.. prompt];
        for (int i = 0; i < Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            using var _ = torch.no_grad();
            int last = tokens.Count - 1;
            TokenBatch batch = TokenBatch.Create([new TrainingSequence(tokens.Append(0).ToArray())], lengthStep: 1);
            double[] logits = model.Forward(batch)[0][last].Values();
            tokens.Add(TensorPrimitives.IndexOfMax<double>(logits));
        }

        return [.. tokens.Skip(prompt.Length)];
    }

    private static int[] Greedy(LanguageModel model, int[] prompt)
    {
        using Engine engine = new(model, new EngineOptions { Threads = 1, CacheType = CacheType.F32, CacheTokens = 512 });
        using Sequence sequence = engine.CreateSequence();
        List<int> tokens = [TensorPrimitives.IndexOfMax(engine.Evaluate(sequence, prompt))];
        while (tokens.Count < Count) tokens.Add(TensorPrimitives.IndexOfMax(engine.Evaluate(sequence, [tokens[^1]])));
        return [.. tokens];
    }

    private static int[][] Greedy(string vectors, int[] prompt, List<string> files)
    {
        ProcessStartInfo start = new("node", [Path.Combine(vectors, "greedy.mjs"), Count.ToString(CultureInfo.InvariantCulture), string.Join(' ', prompt), .. files]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result + output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ').Select(id => int.Parse(id, CultureInfo.InvariantCulture)).ToArray())];
    }

    private static string Vectors()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string vectors = Path.Combine(folder.FullName, "vectors", "models");
            if (!File.Exists(Path.Combine(vectors, "greedy.mjs"))) continue;
            if (Directory.Exists(Path.Combine(vectors, "node_modules", "node-llama-cpp"))) return vectors;
        }

        Assert.Skip("llama.cpp is not here; 'npm install' in tests/vectors/models fetches it.");
        return "";
    }
}
