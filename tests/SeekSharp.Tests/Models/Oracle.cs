using System.Globalization;

namespace SeekSharp.Tests.Models;

/// <summary>What llama.cpp computes from one model file: logits [rows, vocabulary] behind the tokens of a prompt and its greedy continuation.</summary>
internal sealed record Oracle(string ModelPath, int[] Prompt, int[] Continuation, Matrix Logits)
{
    private const int LongPromptLength = 300;

    /// <summary>All models of tests/vectors/models.</summary>
    public static IEnumerable<string> Names { get; } =
    [
        "tiny-deepseek-v3", "tiny-deepseek-v3-kv-b", "tiny-deepseek-v2", "tiny-deepseek-lite", "tiny-deepseek-plain",
        "tiny-qwen2", "tiny-qwen2-yarn", "tiny-qwen3", "tiny-llama2", "tiny-llama2-linear", "tiny-llama3",
    ];

    /// <summary>Prompt and continuation; the last token has no row of logits.</summary>
    public int[] Tokens => [.. Prompt, .. Continuation[..^1]];

    /// <summary>The first 300 tokens of the formula that makes the prompts.</summary>
    public static int[] LongPrompt { get; } = [.. Enumerable.Range(0, LongPromptLength).Select(i => (7 * i * i + 37 * i + 11) % 250)];

    /// <summary>Reads a model's oracle from tests/vectors/models.</summary>
    public static Oracle Load(string name) => Load(Path(name + ".gguf"), Path(name + ".tokens.txt"), Path(name + ".logits.npy"));

    public static Oracle Load(string modelPath, string tokensPath, string logitsPath)
    {
        int[][] lines = [.. File.ReadAllLines(tokensPath).Where(line => line.Length > 0).Select(ParseIds)];
        return new Oracle(modelPath, lines[0], lines[1], Matrix.ReadNpy(logitsPath));
    }

    /// <summary>The last rows of the logits behind <see cref="LongPrompt"/>.</summary>
    public static Matrix LoadLong(string name) => Matrix.ReadNpy(Path(name + ".long.npy"));

    public static string Path(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = System.IO.Path.Combine(folder.FullName, "vectors", "models", file);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException($"There is no tests/vectors/models/{file} above {AppContext.BaseDirectory}.");
    }

    private static int[] ParseIds(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
}
