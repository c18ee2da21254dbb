using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Models;
using TorchSharp;

namespace SeekSharp.Training.Tests.Models;

/// <summary>Two models, one truth: the same weights and the same tokens give the same logits here and in the engine.</summary>
public sealed class EngineParityTests
{
    private const double Tolerance = 1e-4;

    private static readonly EngineOptions Options = new() { Threads = 1, CacheType = CacheType.F32, CacheTokens = 512 };

    public static TheoryData<string> Configs => [.. TinyConfigs.Names];

    /// <summary>All but one, whose RoPE factors config.json cannot say.</summary>
    public static TheoryData<string> FolderConfigs => [.. TinyConfigs.Names.Where(name => name != "llama3")];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Logits_are_those_of_the_engine(string name)
    {
        ModelConfig config = TinyConfigs.Of(name);
        using TrainingModel model = TestModels.Create(config);
        using TensorCollection weights = EngineWeights.From(model, TensorType.F32);
        using LanguageModel engine = LanguageModel.Build(config, weights);
        AssertSameLogits(model, engine, Tolerance);
    }

    [Theory]
    [MemberData(nameof(FolderConfigs))]
    public void Logits_are_those_of_the_engine_from_a_folder(string name)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "model");
        ModelConfig config = TinyConfigs.Of(name);
        using TrainingModel model = TestModels.Create(config);
        Checkpoint.SaveModel(path, model);
        using LanguageModel engine = LanguageModel.Load(path);
        AssertSameLogits(model, engine, Tolerance);
        using TrainingModel loaded = Checkpoint.LoadModel(path);
        AssertSameLogits(loaded, engine, Tolerance);
    }

    [Theory]
    [InlineData("v3")]
    [InlineData("size-s")]
    public void Logits_in_bfloat16_are_near_those_of_the_engine(string name)
    {
        ModelConfig config = TinyConfigs.Of(name);
        using TrainingModel model = TestModels.Create(config, Precision.BFloat16);
        using TensorCollection weights = EngineWeights.From(model);
        using LanguageModel engine = LanguageModel.Build(config, weights, null, new LoadOptions { ExpandToFloat32 = true });
        AssertSameLogits(model, engine, 0.03, replaysChoices: true);
    }

    private static void AssertSameLogits(TrainingModel model, LanguageModel engine, double tolerance, bool replaysChoices = false)
    {
        using var scope = torch.NewDisposeScope();
        int vocabulary = model.Config.VocabularySize;
        TokenBatch batch = TestModels.Batch(vocabulary, 100, 37, 1);
        RouterTrace[] traces = [.. batch.Lengths.Select(_ => new RouterTrace())];
        float[][] expected = [.. batch.Lengths.Select((length, row) => EngineLogits(engine, batch.Tokens.AsSpan(row * batch.Length, length), traces[row]))];
        RouterReplay? replay = replaysChoices ? RouterReplay.FromTraces(traces, batch, model.Config.LayerCount, model.Config.MixtureOfExperts!.ExpertsPerToken) : null;
        Tensor logits = model.Forward(batch, replay);
        for (int row = 0; row < batch.Rows; row++)
        {
            double[] actual = logits[row].narrow(0, 0, batch.Lengths[row]).Values();
            double error = TestModels.RelativeError(actual, [.. expected[row].Select(value => (double)value)]);
            TestContext.Current.TestOutputHelper?.WriteLine($"row {row}: relative error {error:E2}");
            Assert.InRange(error, 0, tolerance);
        }
    }

    private static float[] EngineLogits(LanguageModel model, ReadOnlySpan<int> tokens, RouterTrace trace)
    {
        using Engine engine = new(model, Options);
        using Sequence sequence = engine.CreateSequence(trace);
        float[] logits = new float[tokens.Length * model.Config.VocabularySize];
        engine.EvaluateAll(sequence, tokens, logits);
        return logits;
    }
}
