using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Models;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Tests.Models;

/// <summary>The larger V3-shaped model with its quantised forms, and a trained model. Skipped where the fixtures are not beside the project.</summary>
public sealed class FixtureOracleTests(ITestOutputHelper output)
{
    public static TheoryData<string> QuantisedFiles => ["tiny-v3-Q8_0", "tiny-v3-Q6_K", "tiny-v3-Q4_K_M"];

    [Theory]
    [InlineData(LatentAttentionForm.Absorbed)]
    [InlineData(LatentAttentionForm.Naive)]
    public void LogitsAreThoseOfLlamaCpp(LatentAttentionForm form)
    {
        Oracle oracle = Load("tiny-v3-F32");
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath, new LoadOptions { LatentAttention = form });
        double error = Evaluation.Logits(model, oracle.Tokens).RelativeRms(oracle.Logits);
        output.WriteLine($"relative RMS error {error:E2}");
        Assert.InRange(error, 0, 1e-4);
    }

    [Fact]
    public void GreedyTokensAreThoseOfLlamaCpp()
    {
        Oracle oracle = Load("tiny-v3-F32");
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        Assert.Equal(oracle.Continuation, Evaluation.Greedy(model, oracle.Prompt, oracle.Continuation.Length));
    }

    [Fact]
    public void ChunksAndThreadsDoNotChangeABit()
    {
        Oracle oracle = Load("tiny-v3-F32");
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        Matrix whole = Evaluation.Logits(model, oracle.Tokens);
        foreach (int chunk in new[] { 1, 7, 32 })
            Evaluation.Logits(model, oracle.Tokens, chunk: chunk).AssertSameBits(whole, $"chunks of {chunk}");
        Evaluation.Logits(model, oracle.Tokens, Evaluation.Options with { Threads = 2 }).AssertSameBits(whole, "2 threads");
    }

    /// <summary>
    /// A float16 cache. Both programs round the same latents and rotary keys to float16 (what differs by a float32 rounding may fall on either side
    /// of a tie); llama.cpp rounds its queries and probabilities as well. That makes 4 roundings, each of at most 2^-11, in each of 4 layers;
    /// independent errors add in squares: sqrt(16) x 2^-11.
    /// </summary>
    [Fact]
    public void LogitsWithAHalfPrecisionCacheAreNearThoseOfLlamaCpp()
    {
        Oracle oracle = Load("tiny-v3-F32");
        Matrix expected = Matrix.ReadNpy(Fixtures.Path("tiny-v3-F32.kv-f16.logits.npy"));
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        // Level Avx512Vnni computes attention in bfloat16: see below.
        KernelLevel level = KernelLevels.Best == KernelLevel.Avx512Vnni ? KernelLevel.Vector512 : KernelLevels.Best;
        Matrix logits = Evaluation.Logits(model, oracle.Tokens, Evaluation.Options with { CacheType = CacheType.F16, KernelLevel = level });
        output.WriteLine($"ours to llama.cpp, both float16: {logits.RelativeRms(expected):E2}");
        output.WriteLine($"ours float16 to llama.cpp float32: {logits.RelativeRms(oracle.Logits):E2}");
        output.WriteLine($"llama.cpp float16 to float32: {expected.RelativeRms(oracle.Logits):E2}");
        Assert.InRange(logits.RelativeRms(expected), 0, Math.Sqrt(16) * Math.Pow(2, -11));
    }

    /// <summary>
    /// Attention in bfloat16 against float32 arithmetic, both over a float16 cache, with the same experts: random weights make near-ties, where the smallest
    /// error flips an expert. Keys, queries, probabilities and values are each rounded to 2^-9, in each of 4 layers; independent errors add in squares: sqrt(16) x 2^-9.
    /// </summary>
    [Fact]
    public void AttentionInBFloat16IsNearFloat32()
    {
        if (KernelLevels.Best != KernelLevel.Avx512Vnni || !KernelLevels.HasAvx512BFloat16) Assert.Skip("This processor has no bfloat16 products.");
        Oracle oracle = Load("tiny-v3-F32");
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        EngineOptions options = Evaluation.Options with { CacheType = CacheType.F16 };
        var choice = new RouterTrace();
        Matrix expected = Evaluation.Logits(model, oracle.Tokens, options with { KernelLevel = KernelLevel.Vector512 }, trace: choice);
        Matrix logits = Evaluation.Logits(model, oracle.Tokens, options, trace: choice.ToReplay());
        output.WriteLine($"relative RMS {logits.RelativeRms(expected):E2}, KL {expected.Divergence(logits):E2}");
        Assert.InRange(logits.RelativeRms(expected), 0, Math.Sqrt(16) * Math.Pow(2, -9));
    }

    /// <summary>
    /// Products with quantised weights against the same weights in float32. With random weights the router sits on near-ties, where the
    /// smallest error flips an expert: so the fast path takes the experts that the float32 path has chosen.
    /// </summary>
    [Theory]
    [MemberData(nameof(QuantisedFiles))]
    public void FastProductsAreNearTheFloat32Path(string name)
    {
        Oracle oracle = Load(name);
        var choice = new RouterTrace();
        Matrix reference;
        using (LanguageModel expanded = LanguageModel.Load(oracle.ModelPath, new LoadOptions { ExpandToFloat32 = true }))
            reference = Evaluation.Logits(expanded, oracle.Tokens, trace: choice);
        using LanguageModel fast = LanguageModel.Load(oracle.ModelPath);

        var free = new RouterTrace();
        double freeDivergence = reference.Divergence(Evaluation.Logits(fast, oracle.Tokens, trace: free));
        double divergence = reference.Divergence(Evaluation.Logits(fast, oracle.Tokens, trace: choice.ToReplay()));
        output.WriteLine($"KL {divergence:E2} with replay, {freeDivergence:E2} without; {FlippedShare(choice, free, fast.Config, oracle.Tokens.Length):P2} of expert sets flipped");
        Assert.InRange(divergence, 0, 1e-3);
    }

    [Theory]
    [MemberData(nameof(QuantisedFiles))]
    public void ChunksAndThreadsDoNotChangeABitOfQuantisedProducts(string name)
    {
        Oracle oracle = Load(name);
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        Matrix whole = Evaluation.Logits(model, oracle.Tokens);
        foreach (int chunk in new[] { 1, 7, 32 })
            Evaluation.Logits(model, oracle.Tokens, chunk: chunk).AssertSameBits(whole, $"chunks of {chunk}");
        Evaluation.Logits(model, oracle.Tokens, Evaluation.Options with { Threads = 2 }).AssertSameBits(whole, "2 threads");
    }

    /// <summary>The author's own test of his 260K-parameter story teller: greedy from the beginning-of-text token alone.</summary>
    [Theory]
    [InlineData(CacheType.F32)]
    [InlineData(CacheType.F16)]
    public void Stories260KTellsTheStoryOfItsAuthor(CacheType cache)
    {
        string path = Fixtures.Path("stories260K.gguf");
        string story = string.Join('\n', File.ReadLines(Fixtures.Path("README.md")).Where(line => line.StartsWith("> ", StringComparison.Ordinal)).Select(line => line[2..]));
        using LanguageModel model = LanguageModel.Load(path);
        int[] tokens = Evaluation.Greedy(model, [model.Tokenizer.BeginningOfText!.Value], 200, Evaluation.Options with { CacheType = cache });
        Assert.Equal(story, model.Tokenizer.Decode(tokens).TrimStart(' '));
    }

    private static double FlippedShare(RouterTrace reference, RouterTrace other, ModelConfig config, int tokens)
    {
        int flipped = 0, all = 0;
        for (int layer = config.MixtureOfExperts!.LeadingDenseLayers; layer < config.LayerCount; layer++)
            for (int position = 0; position < tokens; position++, all++)
                if (!reference.Experts(layer, position).ToHashSet().SetEquals(other.Experts(layer, position))) flipped++;
        Assert.Equal(all, reference.Count);
        return (double)flipped / all;
    }

    private static Oracle Load(string name) =>
        Oracle.Load(Fixtures.Path(name + ".gguf"), Fixtures.Path(name + ".tokens.txt"), Fixtures.Path(name + ".logits.npy"));
}
