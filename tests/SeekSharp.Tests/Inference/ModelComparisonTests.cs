using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using static SeekSharp.Tests.Inference.PerplexityTests;

namespace SeekSharp.Tests.Inference;

public sealed class ModelComparisonTests(ITestOutputHelper output)
{
    private static readonly TextWindowOptions s_windows = new() { Context = 4 };

    [Fact]
    public void The_numbers_are_those_worked_by_hand()
    {
        using LanguageModel first = ToyModel.Create([0.25f, 0.5f, 0.25f], [0.25f, 0.5f, 0.25f]), second = ToyModel.Create([0.25f, 0.25f, 0.5f], [0.25f, 0.5f, 0.25f]);
        using var baseEngine = new Engine(first, new EngineOptions { Threads = 1 });
        using var otherEngine = new Engine(second, new EngineOptions { Threads = 1 });
        ModelDifference difference = ModelComparison.Measure(baseEngine, otherEngine, "bbabaaba", s_windows);

        // Window 1 asks for b behind a: p 1/4, q 1/2, KL = 1/2 ln 2 - 1/4 ln 2. Window 2 asks for a behind b: both 1/2, KL 0.
        double ln2 = Math.Log(2);
        AssertWithin(1e-5, ln2 / 8, difference.MeanDivergence);
        AssertWithin(1e-5, ln2 / 8, difference.MeanDivergenceError);
        AssertWithin(1e-5, ln2 / 4, difference.MaxDivergence);
        AssertWithin(1e-5, ln2 / 8, difference.DivergencePercentile(0.5));
        AssertWithin(1e-5, ln2 / 4 * 0.9, difference.DivergencePercentile(0.9));
        Assert.Equal(0, difference.DivergencePercentile(0), 1e-6);
        Assert.Equal(0.5, difference.TopAgreement);
        AssertWithin(1e-5, ln2 / 2, difference.LogProbabilityDifference);
        AssertWithin(1e-5, ln2 / 2, difference.LogProbabilityDifferenceError);
        AssertWithin(1e-5, Math.Pow(2, 1.5), difference.Base.Value);
        AssertWithin(1e-5, 2, difference.Other.Value);
        Assert.Equal((2, 2, 8), (difference.Base.Chunks, difference.Base.ScoredTokens, difference.Other.TextTokens));
        Assert.Throws<ArgumentOutOfRangeException>(() => difference.DivergencePercentile(1.01));
    }

    [Fact]
    public void A_model_does_not_differ_from_itself()
    {
        using LanguageModel model = ToyModel.Create([0.25f, 0.5f, 0.25f], [0.3f, 0.3f, 0.4f]);
        using var engine = new Engine(model, new EngineOptions { Threads = 1 });
        ModelDifference difference = ModelComparison.Measure(engine, engine, "abbabababbabb", s_windows);
        Assert.Equal((0, 0, 1, 0), (difference.MeanDivergence, difference.MaxDivergence, difference.TopAgreement, difference.LogProbabilityDifference));
    }

    [Fact]
    public void Models_with_other_vocabularies_are_refused()
    {
        using LanguageModel first = ToyModel.Create([0.25f, 0.5f, 0.25f], [0.3f, 0.3f, 0.4f]);
        using LanguageModel second = ToyModel.Create([0.25f, 0.5f, 0.25f], [0.3f, 0.3f, 0.4f], tokens: ["<unk>", "a", "c"]);
        using var baseEngine = new Engine(first, new EngineOptions { Threads = 1 });
        using var otherEngine = new Engine(second, new EngineOptions { Threads = 1 });
        var exception = Assert.Throws<ArgumentException>(() => ModelComparison.Measure(baseEngine, otherEngine, "abababab", s_windows));
        Assert.Contains("at token 2", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The finer type is nearer, and both are near: the random router of this model flips experts, which is what most of the divergence is.</summary>
    [Fact]
    public void A_finer_type_is_nearer()
    {
        string text = string.Concat(Enumerable.Range(0, 400).Select(i => (char)('a' + (7 * i * i + 3 * i) % 26)));
        using LanguageModel whole = LanguageModel.Load(Fixtures.Path("tiny-v3-F32.gguf"));
        using var wholeEngine = new Engine(whole, new EngineOptions { CacheTokens = 128 });
        double[] divergences = [.. new[] { "tiny-v3-Q8_0", "tiny-v3-Q4_K_M" }.Select(name =>
        {
            using LanguageModel other = LanguageModel.Load(Fixtures.Path(name + ".gguf"));
            using var otherEngine = new Engine(other, new EngineOptions { CacheTokens = 128 });
            ModelDifference difference = ModelComparison.Measure(wholeEngine, otherEngine, text, new TextWindowOptions { Context = 128 });
            output.WriteLine($"{name}: KL {difference.MeanDivergence:F5}, max {difference.MaxDivergence:F5}, same top token {difference.TopAgreement:P1}");
            Assert.InRange(difference.TopAgreement, 0.3, 1);
            Assert.InRange(difference.DivergencePercentile(0.5), difference.DivergencePercentile(0.1), difference.MaxDivergence);
            return difference.MeanDivergence;
        })];
        Assert.InRange(divergences[0], 1e-6, divergences[1]);
        Assert.InRange(divergences[1], 0, 0.2);
    }
}
