using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Tests.Inference;

/// <summary>Perplexities, against those that llama.cpp's logits give on the same text (tests/vectors/perplexity/perplexity.mjs).</summary>
public sealed class PerplexityTests(ITestOutputHelper output)
{
    private static readonly JsonElement s_expected = JsonDocument.Parse(File.ReadAllText(PathOf("perplexity", "expected.json"))).RootElement.GetProperty("perplexities");

    public static TheoryData<string, int, int> Cases =>
        [.. s_expected.EnumerateArray().Select(item => (item.GetProperty("model").GetString()!, item.GetProperty("context").GetInt32(), item.GetProperty("stride").GetInt32()))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_has_the_perplexity_of_llama_cpp(string name, int context, int stride)
    {
        JsonElement expected = s_expected.EnumerateArray().Single(item => item.GetProperty("model").GetString() == name
            && item.GetProperty("context").GetInt32() == context && item.GetProperty("stride").GetInt32() == stride);
        string path = name.StartsWith("tiny-", StringComparison.Ordinal) ? PathOf("models", name + ".gguf") : Fixtures.Path(name + ".gguf");
        using LanguageModel model = LanguageModel.Load(path);
        using var engine = new Engine(model, new EngineOptions { CacheType = CacheType.F32, CacheTokens = context });
        PerplexityResult result = Perplexity.Measure(engine, Story, new TextWindowOptions { Context = context, Stride = stride });
        output.WriteLine($"{result.Value:F6} ± {result.StandardError:F6}");
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), result.TextTokens);
        Assert.Equal(expected.GetProperty("scored").GetInt32(), result.ScoredTokens);
        AssertWithin(1e-5, expected.GetProperty("perplexity").GetDouble(), result.Value);
        AssertWithin(1e-4, expected.GetProperty("standardError").GetDouble(), result.StandardError);
    }

    /// <summary>As users run it: a float16 cache. The issue asks for 0.1 %.</summary>
    [Fact]
    public void Stories260K_has_the_perplexity_of_llama_cpp_with_the_usual_cache()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Path("stories260K.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        AssertWithin(1e-3, s_expected[0].GetProperty("perplexity").GetDouble(), Perplexity.Measure(engine, Story).Value);
    }

    [Fact]
    public void Windows_lie_behind_one_another_and_start_with_the_first_token()
    {
        // p behind a: b 1/2; behind b: b 1/4. Windows of 4 score the token behind position 2.
        using LanguageModel model = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f]);
        using var engine = new Engine(model, new EngineOptions { Threads = 1 });
        var progress = new List<MeasurementProgress>();
        PerplexityResult result = Perplexity.Measure(engine, "bbabaabbab", new TextWindowOptions { Context = 4 }, new Collector(progress));
        Assert.Equal((2, 2, 10), (result.Chunks, result.ScoredTokens, result.TextTokens)); // the last two tokens fill no window
        AssertWithin(1e-6, Math.Exp((Math.Log(2) + Math.Log(4)) / 2), result.Value);
        AssertWithin(1e-6, Math.Log(2) / 2 * result.Value, result.StandardError); // of ln 2 and ln 4: deviation ln 2 / 2, divided by sqrt(2 - 1)
        Assert.Equal([1, 2], progress.Select(step => step.ChunksDone));
        AssertWithin(1e-6, 2, progress[0].Value);
        AssertWithin(1e-6, 2, Perplexity.Measure(engine, "bbabaabbab", new TextWindowOptions { Context = 4, Chunks = 1 }).Value);
    }

    [Fact]
    public void With_a_stride_the_last_tokens_of_each_window_are_scored()
    {
        using LanguageModel model = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f]);
        using var engine = new Engine(model, new EngineOptions { Threads = 1 });
        // (10 - 4 + 1) / 2 = 3 windows: b[ba]b, a[ba]a... each pair in brackets and the one behind it is scored
        PerplexityResult result = Perplexity.Measure(engine, "bbabaabbab", new TextWindowOptions { Context = 4, Stride = 2 });
        Assert.Equal((3, 6), (result.Chunks, result.ScoredTokens));
        // Pairs (last, next): ba ab | ba aa | ab bb, with 1/2 1/2 | 1/2 1/4 | 1/2 1/4
        AssertWithin(1e-6, Math.Pow(2, (1 + 1 + 1 + 2 + 1 + 2) / 6.0), result.Value);
    }

    [Fact]
    public void Windows_start_with_the_beginning_of_text_where_the_model_adds_it()
    {
        using LanguageModel model = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f], addsBeginning: true);
        TextWindow[] windows = TextWindow.Cut(TextWindow.Tokenize(model, "bbbbbbb"), model.Tokenizer, new TextWindowOptions { Context = 4 });
        Assert.All(windows, window => Assert.Equal([1, 2, 2, 2], window.Tokens));
        windows = TextWindow.Cut(TextWindow.Tokenize(model, "bbbbbbb"), model.Tokenizer, new TextWindowOptions { Context = 4, Stride = 1 });
        Assert.Equal([[1, 2, 2, 2], [2, 2, 2, 2], [2, 2, 2, 2], [2, 2, 2, 2]], windows.Select(window => window.Tokens));
        Assert.All(windows, window => Assert.Equal((2, 1), (window.First, window.Count)));
    }

    [Fact]
    public void What_cannot_be_measured_is_refused()
    {
        using LanguageModel model = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f]);
        using var engine = new Engine(model, new EngineOptions { Threads = 1, CacheTokens = 32 });
        Assert.Contains("7 tokens; windows of 4 need at least 8", Refused("abababa", new TextWindowOptions { Context = 4 }), StringComparison.Ordinal);
        Refused("abababab", new TextWindowOptions { Context = 3 });
        Refused("abababab", new TextWindowOptions { Context = 4, Stride = 4 });
        Refused("abababab", new TextWindowOptions { Context = 4, Stride = -1 });
        Refused("abababab", new TextWindowOptions { Context = 4, Chunks = -1 });
        Assert.Throws<ContextOverflowException>(() => Perplexity.Measure(engine, new string('a', 128), new TextWindowOptions { Context = 64 }));
        Assert.Equal(0, engine.CacheTokensInUse);
        using LanguageModel larger = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f], tokens: ["<unk>", "a", "b", "c"]);
        using var largerEngine = new Engine(larger, new EngineOptions { Threads = 1 });
        Assert.Contains("token 3", Assert.Throws<ModelFormatException>(() => Perplexity.Measure(largerEngine, "ababababc", new TextWindowOptions { Context = 4 })).Message, StringComparison.Ordinal);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Perplexity.Measure(engine, "abababab", new TextWindowOptions { Context = 4 }, null, cancelled.Token));

        string Refused(string text, TextWindowOptions options) => Assert.ThrowsAny<ArgumentException>(() => Perplexity.Measure(engine, text, options)).Message;
    }

    private static string Story => File.ReadAllText(PathOf("perplexity", "story.txt")).TrimEnd('\n');

    internal static void AssertWithin(double share, double expected, double actual) =>
        Assert.True(Math.Abs(actual / expected - 1) <= share, $"{actual:R} is not within {share} of {expected:R}");

    private static string PathOf(string folder, string file)
    {
        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            string path = Path.Combine(above.FullName, "vectors", folder, file);
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException($"There is no tests/vectors/{folder}/{file} above {AppContext.BaseDirectory}.");
    }

    private sealed class Collector(List<MeasurementProgress> steps) : IProgress<MeasurementProgress>
    {
        public void Report(MeasurementProgress value) => steps.Add(value);
    }
}
