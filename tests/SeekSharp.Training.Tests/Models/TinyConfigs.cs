using SeekSharp.Formats;

namespace SeekSharp.Training.Tests.Models;

/// <summary>Configurations of every kind, as small as they can be.</summary>
internal static class TinyConfigs
{
    public static IReadOnlyList<string> Names { get; } = ["v3", "v3-groups-yarn", "v2-softmax-groups", "lite", "dense-latent", "qwen2", "qwen3", "llama", "llama3", "size-xs", "size-s"];

    public static ModelConfig Of(string name) => (name switch
    {
        "v3" => DeepSeek(),
        "v3-groups-yarn" => DeepSeek(new RotaryScaling.Yarn(40, 64, 32, 1, 0.1f, 1)) with { MixtureOfExperts = Mixture() with { GroupCount = 4, GroupsPerToken = 2 } },
        "v2-softmax-groups" => DeepSeek(new RotaryScaling.Yarn(8, 64, 32, 1, 0.0707f, 1)) with
        {
            MixtureOfExperts = Mixture() with { GroupCount = 4, GroupsPerToken = 2, Score = RouterScore.Softmax, NormalizeWeights = false, WeightScale = 16, HasSelectionBias = false },
        },
        "lite" => DeepSeek() with
        {
            LatentAttention = new LatentAttentionConfig(0, 20, 12, 8, 10),
            TiedEmbeddings = true,
            MixtureOfExperts = Mixture() with { Score = RouterScore.Softmax, NormalizeWeights = false, WeightScale = 1, HasSelectionBias = false, SharedExpertCount = 2 },
        },
        "dense-latent" => DeepSeek() with { MixtureOfExperts = null },
        "qwen2" => Grouped(Architecture.Qwen2) with { HasAttentionBias = true },
        "qwen3" => Grouped(Architecture.Qwen3) with { TiedEmbeddings = true },
        "llama" => Grouped(Architecture.Llama),
        "llama3" => Grouped(Architecture.Llama) with { RotaryScaling = new RotaryScaling.PerFrequency([1, 1.5f, 3, 8]) },
        _ => SeekSharp.Training.Models.ModelSize.Parse(name[5..]).ToConfig(70, 512),
    }).Validate(name);

    public static MixtureOfExpertsConfig Mixture() => new()
    {
        ExpertCount = 8,
        ExpertsPerToken = 3,
        SharedExpertCount = 1,
        ExpertWidth = 18,
        LeadingDenseLayers = 1,
        Score = RouterScore.Sigmoid,
        NormalizeWeights = true,
        WeightScale = 2.5f,
        HasSelectionBias = true,
    };

    public static ModelConfig DeepSeek(RotaryScaling? scaling = null) => new()
    {
        Architecture = Architecture.DeepSeek,
        LayerCount = 3,
        HiddenSize = 40,
        FeedForwardSize = 52,
        VocabularySize = 61,
        ContextLength = 512,
        HeadCount = 3,
        KeyValueHeadCount = 3,
        HeadDimension = 20,
        NormEpsilon = 1e-6f,
        RotaryBase = 10000,
        RotaryPairing = RotaryPairing.Interleaved,
        RotaryScaling = scaling,
        LatentAttention = new LatentAttentionConfig(24, 20, 12, 8, 10),
        MixtureOfExperts = Mixture(),
    };

    private static ModelConfig Grouped(Architecture architecture) => new()
    {
        Architecture = architecture,
        LayerCount = 2,
        HiddenSize = 40,
        FeedForwardSize = 52,
        VocabularySize = 61,
        ContextLength = 512,
        HeadCount = 6,
        KeyValueHeadCount = 2,
        HeadDimension = 8,
        NormEpsilon = 1e-5f,
        RotaryBase = 10000,
        RotaryPairing = RotaryPairing.Halves,
    };
}
