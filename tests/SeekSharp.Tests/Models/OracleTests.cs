using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.Tests.Models;

/// <summary>A small model of every family computes what llama.cpp computes from the same file (tests/vectors/models).</summary>
public sealed class OracleTests
{
    private const double OracleTolerance = 1e-4;
    private const double FormTolerance = 1e-5;

    public static TheoryData<string> Models => [.. Oracle.Names];

    public static TheoryData<string> DeepSeekModels => [.. Oracle.Names.Where(name => name.StartsWith("tiny-deepseek", StringComparison.Ordinal))];

    public static TheoryData<string, string> ModelsByKernelLevel => [.. ByKernelLevel(Oracle.Names)];

    [Theory]
    [MemberData(nameof(ModelsByKernelLevel))]
    public void LogitsAreThoseOfLlamaCpp(string name, string level)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        double error = Evaluation.Logits(model, oracle.Tokens, At(level)).RelativeRms(oracle.Logits);
        TestContext.Current.TestOutputHelper?.WriteLine($"relative RMS error {error:E2}");
        Assert.InRange(error, 0, OracleTolerance);
    }

    [Theory]
    [MemberData(nameof(ModelsByKernelLevel))]
    public void LogitsFarIntoALongTextAreThoseOfLlamaCpp(string name, string level)
    {
        Matrix expected = Oracle.LoadLong(name);
        using LanguageModel model = LanguageModel.Load(Oracle.Load(name).ModelPath);
        double error = Evaluation.Logits(model, Oracle.LongPrompt, At(level)).Last(expected.Rows).RelativeRms(expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"relative RMS error {error:E2}");
        Assert.InRange(error, 0, OracleTolerance);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void GreedyTokensAreThoseOfLlamaCpp(string name)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        Assert.Equal(oracle.Continuation, Evaluation.Greedy(model, oracle.Prompt, oracle.Continuation.Length));
    }

    [Theory]
    [MemberData(nameof(ModelsByKernelLevel))]
    public void ChunksAndThreadsDoNotChangeABit(string name, string level)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        EngineOptions options = At(level);
        Matrix whole = Evaluation.Logits(model, oracle.Tokens, options);
        foreach (int chunk in new[] { 1, 7, 32 })
            Evaluation.Logits(model, oracle.Tokens, options, chunk).AssertSameBits(whole, $"chunks of {chunk}");
        foreach (int threads in new[] { 2, 3 })
            Evaluation.Logits(model, oracle.Tokens, options with { Threads = threads }).AssertSameBits(whole, $"{threads} threads");
        Evaluation.Logits(model, oracle.Tokens, options with { Threads = 2, MaxBatch = 10 }).AssertSameBits(whole, "batches of 10");
    }

    [Theory]
    [MemberData(nameof(DeepSeekModels))]
    public void NaiveAndAbsorbedLatentAttentionAgree(string name)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel absorbed = LanguageModel.Load(oracle.ModelPath, new LoadOptions { LatentAttention = LatentAttentionForm.Absorbed });
        using LanguageModel naive = LanguageModel.Load(oracle.ModelPath, new LoadOptions { LatentAttention = LatentAttentionForm.Naive });
        Matrix naiveLogits = Evaluation.Logits(naive, oracle.Tokens);
        Assert.InRange(naiveLogits.RelativeRms(oracle.Logits), 0, OracleTolerance);
        Assert.InRange(Evaluation.Logits(absorbed, oracle.Tokens).RelativeRms(naiveLogits), 0, FormTolerance);
        Evaluation.Logits(naive, oracle.Tokens, chunk: 7).AssertSameBits(naiveLogits, "chunks of 7");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void TensorsInMemoryAreAsGoodAsAFile(string name)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel fromFile = LanguageModel.Load(oracle.ModelPath);
        using LanguageModel fromMemory = BuildInMemory(oracle.ModelPath);
        Evaluation.Logits(fromMemory, oracle.Tokens).AssertSameBits(Evaluation.Logits(fromFile, oracle.Tokens), "tensors in memory");
    }

    [Fact]
    public void SequencesOfOneEngineDoNotDisturbEachOther()
    {
        Oracle oracle = Oracle.Load("tiny-deepseek-v3");
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath);
        using var engine = new Engine(model, Evaluation.Options);
        using Sequence first = engine.CreateSequence(), second = engine.CreateSequence();
        int vocabulary = model.Config.VocabularySize;
        Matrix expected = Evaluation.Logits(model, oracle.Tokens), expectedSecond = Evaluation.Logits(model, Oracle.LongPrompt.AsSpan(100, oracle.Tokens.Length));
        Matrix got = new(oracle.Tokens.Length, vocabulary), gotSecond = new(expectedSecond.Rows, vocabulary);
        for (int i = 0; i < oracle.Tokens.Length; i++)
        {
            engine.EvaluateAll(first, oracle.Tokens.AsSpan(i, 1), got.Values.AsSpan(i * vocabulary, vocabulary));
            engine.EvaluateAll(second, Oracle.LongPrompt.AsSpan(100 + i, 1), gotSecond.Values.AsSpan(i * vocabulary, vocabulary));
        }

        got.AssertSameBits(expected, "first sequence");
        gotSecond.AssertSameBits(expectedSecond, "second sequence");
    }

    /// <summary>
    /// A model whose matrices take all quantised types in turn, random bit patterns in their blocks. Both engines round activations to int8, each in its
    /// own way, so the distance is that of two roundings; a type read wrongly is off by as much as the logits themselves.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryQuantisedTypeIsReadAsLlamaCppReadsIt(bool expandToFloat32)
    {
        Oracle oracle = Oracle.Load("tiny-quantised");
        using ModelFile file = ModelFile.Open(oracle.ModelPath);
        Assert.Equal(12, file.Tensors.Select(tensor => tensor.Type).Where(type => type != TensorType.F32).Distinct().Count());
        using LanguageModel model = LanguageModel.Load(oracle.ModelPath, new LoadOptions { ExpandToFloat32 = expandToFloat32 });
        double error = Evaluation.Logits(model, oracle.Tokens).RelativeRms(oracle.Logits);
        TestContext.Current.TestOutputHelper?.WriteLine($"relative RMS error {error:E2}");
        Assert.InRange(error, 0, 0.03);
    }

    private static unsafe LanguageModel BuildInMemory(string path)
    {
        using ModelFile file = ModelFile.Open(path);
        using var tensors = new TensorCollection();
        foreach (Tensor tensor in file.Tensors)
            tensors.Add(tensor.Name, tensor.Type, [.. tensor.Shape], new ReadOnlySpan<byte>(tensor.Data, checked((int)tensor.ByteCount)));
        return LanguageModel.Build(file.Config, tensors);
    }

    private static IEnumerable<TheoryDataRow<string, string>> ByKernelLevel(IEnumerable<string> names) =>
        from name in names
        from level in Enum.GetValues<KernelLevel>()
        where KernelLevels.IsSupported(level)
        select new TheoryDataRow<string, string>(name, level.ToString());

    private static EngineOptions At(string level) => Evaluation.Options with { KernelLevel = Enum.Parse<KernelLevel>(level) };
}
