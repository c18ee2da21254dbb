using System.Text.Json.Nodes;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Models;

namespace SeekSharp.Tests.Models;

/// <summary>A Hugging Face folder of the same weights computes the same as the GGUF file.</summary>
public sealed class HuggingFaceOracleTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private static readonly LoadOptions Expanded = new() { ExpandToFloat32 = true };
    private readonly string _folder = Directory.CreateTempSubdirectory("seeksharp-").FullName;

    /// <summary>Each model with the "rope_scaling" of its config.json.</summary>
    public static TheoryData<string, string?> Models => new()
    {
        { "tiny-deepseek-v3", Yarn("4096", "1.0") },
        { "tiny-deepseek-v2", Yarn("64", "0.707") },
        { "tiny-deepseek-lite", Yarn("4096", "0.707") },
        { "tiny-deepseek-plain", null },
        { "tiny-qwen2", null },
        { "tiny-qwen2-yarn", """{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128}""" },
        { "tiny-qwen3", null },
        { "tiny-llama2", null },
        { "tiny-llama2-linear", """{"type": "linear", "factor": 4.0}""" },
        {
            "tiny-llama3",
            """{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 128}"""
        },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Models))]
    public void FolderInFloat32ComputesTheSameAsTheFile(string name, string? rotaryScaling) =>
        AssertSameAsFile(name, HuggingFaceWriter.Storage.Float32, rotaryScaling, new LoadOptions());

    /// <summary>The models' weights are exact in bfloat16.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void FolderInBFloat16ComputesTheSameAsTheFile(string name, string? rotaryScaling) =>
        AssertSameAsFile(name, HuggingFaceWriter.Storage.BFloat16, rotaryScaling, Expanded);

    [Theory]
    [InlineData("tiny-deepseek-v3", "4096", "1.0")]
    [InlineData("tiny-deepseek-lite", "4096", "0.707")]
    public void FolderInFloat8ComputesTheSameAsItsDequantisedValues(string name, string originalContext, string mscale)
    {
        Oracle oracle = Oracle.Load(name);
        string scaling = Yarn(originalContext, mscale);
        string coded = Write(name, HuggingFaceWriter.Storage.Float8, scaling), plain = Write(name, HuggingFaceWriter.Storage.Float8AsFloat32, scaling);
        foreach (LatentAttentionForm form in Enum.GetValues<LatentAttentionForm>())
        {
            var choice = new RouterTrace();
            using LanguageModel reference = LanguageModel.Load(plain, new LoadOptions { LatentAttention = form });
            Matrix expected = Evaluation.Logits(reference, oracle.Tokens, trace: choice);
            // The rounding to FP8 must be visible, or the test compares nothing.
            Assert.InRange(expected.RelativeRms(oracle.Logits), 1e-3, double.PositiveInfinity);

            using LanguageModel expanded = LanguageModel.Load(coded, Expanded with { LatentAttention = form });
            Assert.InRange(Evaluation.Logits(expanded, oracle.Tokens).RelativeRms(expected), 0, Tolerance);

            using LanguageModel fast = LanguageModel.Load(coded, new LoadOptions { LatentAttention = form });
            double divergence = expected.Divergence(Evaluation.Logits(fast, oracle.Tokens, trace: choice.ToReplay()));
            TestContext.Current.TestOutputHelper?.WriteLine($"{form}: KL {divergence:E2}");
            Assert.InRange(divergence, 0, 1e-3);
        }
    }

    private static string Yarn(string originalContext, string mscale) =>
        $$"""
        {"type": "yarn", "factor": 40, "original_max_position_embeddings": {{originalContext}}, "beta_fast": 32, "beta_slow": 1,
        "mscale": {{mscale}}, "mscale_all_dim": {{mscale}}}
        """;

    private void AssertSameAsFile(string name, HuggingFaceWriter.Storage storage, string? rotaryScaling, LoadOptions options)
    {
        Oracle oracle = Oracle.Load(name);
        using LanguageModel file = LanguageModel.Load(oracle.ModelPath);
        using LanguageModel folder = LanguageModel.Load(Write(name, storage, rotaryScaling), options);
        double error = Evaluation.Logits(folder, oracle.Tokens).RelativeRms(Evaluation.Logits(file, oracle.Tokens));
        TestContext.Current.TestOutputHelper?.WriteLine($"relative RMS error {error:E2}");
        Assert.InRange(error, 0, Tolerance);
    }

    private string Write(string name, HuggingFaceWriter.Storage storage, string? rotaryScaling)
    {
        string folder = Path.Combine(_folder, $"{name}-{storage}");
        using ModelFile file = ModelFile.Open(Oracle.Path(name + ".gguf"));
        new HuggingFaceWriter(file).Write(folder, storage, rotaryScaling is null ? null : (JsonObject)JsonNode.Parse(rotaryScaling)!);
        return folder;
    }
}
