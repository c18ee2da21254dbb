using SeekSharp.Formats;

namespace SeekSharp.RandomModel;

/// <summary>Shapes of published models.</summary>
internal static class ModelShapes
{
    private static readonly ModelConfig s_qwen2 = new()
    {
        Architecture = Architecture.Qwen2,
        Name = "qwen2-1.5b-shape",
        LayerCount = 28,
        HiddenSize = 1536,
        FeedForwardSize = 8960,
        VocabularySize = 151_936,
        ContextLength = 32_768,
        HeadCount = 12,
        KeyValueHeadCount = 2,
        HeadDimension = 128,
        NormEpsilon = 1e-6f,
        RotaryBase = 1_000_000,
        RotaryPairing = RotaryPairing.Halves,
        TiedEmbeddings = true,
        HasAttentionBias = true,
    };

    private static readonly ModelConfig s_v2Lite = new()
    {
        Architecture = Architecture.DeepSeek,
        Name = "v2lite-shape",
        LayerCount = 27,
        HiddenSize = 2048,
        FeedForwardSize = 10_944,
        VocabularySize = 102_400,
        ContextLength = 163_840,
        HeadCount = 16,
        KeyValueHeadCount = 16,
        HeadDimension = 192,
        NormEpsilon = 1e-6f,
        RotaryBase = 10_000,
        RotaryPairing = RotaryPairing.Interleaved,
        RotaryScaling = new RotaryScaling.Yarn(40, 4096, 32, 1, 0.0707f, 1),
        LatentAttention = new LatentAttentionConfig(QueryRank: 0, KeyValueRank: 512, NopeDimension: 128, RotaryDimension: 64, ValueDimension: 128),
        MixtureOfExperts = new MixtureOfExpertsConfig
        {
            ExpertCount = 64,
            ExpertsPerToken = 6,
            SharedExpertCount = 2,
            ExpertWidth = 1408,
            LeadingDenseLayers = 1,
            Score = RouterScore.Softmax,
            NormalizeWeights = false,
            WeightScale = 1,
        },
    };

    private static readonly Dictionary<string, ModelConfig> s_shapes = new(StringComparer.Ordinal)
    {
        ["qwen2-1.5b"] = s_qwen2,
        ["v2lite"] = s_v2Lite,
    };

    public static IEnumerable<string> Names => s_shapes.Keys;

    public static ModelConfig? Find(string name) => s_shapes.GetValueOrDefault(name);

    /// <summary>All tensors of a model under GGUF's names.</summary>
    public static IEnumerable<RandomTensor> Tensors(ModelConfig config)
    {
        yield return Matrix("token_embd.weight", config.VocabularySize, config.HiddenSize);
        if (!config.TiedEmbeddings) yield return Matrix("output.weight", config.VocabularySize, config.HiddenSize);
        yield return Norm("output_norm.weight", config.HiddenSize);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string prefix = $"blk.{layer}.";
            yield return Norm(prefix + "attn_norm.weight", config.HiddenSize);
            foreach (RandomTensor tensor in config.LatentAttention is { } latent ? Latent(prefix, config, latent) : Grouped(prefix, config)) yield return tensor;
            yield return Norm(prefix + "ffn_norm.weight", config.HiddenSize);
            foreach (RandomTensor tensor in config.IsMixtureLayer(layer) ? Mixture(prefix, config, config.MixtureOfExperts!) : FeedForward(prefix, config.FeedForwardSize, config))
                yield return tensor;
        }
    }

    private static IEnumerable<RandomTensor> Grouped(string prefix, ModelConfig config)
    {
        foreach ((string part, int heads) in new[] { ("q", config.HeadCount), ("k", config.KeyValueHeadCount), ("v", config.KeyValueHeadCount) })
        {
            yield return Matrix($"{prefix}attn_{part}.weight", heads * config.HeadDimension, config.HiddenSize);
            if (config.HasAttentionBias) yield return new RandomTensor($"{prefix}attn_{part}.bias", [heads * config.HeadDimension], 0, 0.1f);
        }

        yield return Matrix(prefix + "attn_output.weight", config.HiddenSize, config.HeadCount * config.HeadDimension);
    }

    private static IEnumerable<RandomTensor> Latent(string prefix, ModelConfig config, LatentAttentionConfig latent)
    {
        yield return Matrix(prefix + "attn_q.weight", config.HeadCount * config.HeadDimension, config.HiddenSize);
        yield return Matrix(prefix + "attn_kv_a_mqa.weight", latent.KeyValueRank + latent.RotaryDimension, config.HiddenSize);
        yield return Norm(prefix + "attn_kv_a_norm.weight", latent.KeyValueRank);
        yield return Matrix(prefix + "attn_k_b.weight", config.HeadCount, latent.KeyValueRank, latent.NopeDimension);
        yield return Matrix(prefix + "attn_v_b.weight", config.HeadCount, latent.ValueDimension, latent.KeyValueRank);
        yield return Matrix(prefix + "attn_output.weight", config.HiddenSize, config.HeadCount * latent.ValueDimension);
    }

    private static IEnumerable<RandomTensor> FeedForward(string prefix, int width, ModelConfig config, string part = "", int? experts = null)
    {
        int[] outer = experts is { } count ? [count] : [];
        yield return Matrix($"{prefix}ffn_gate{part}.weight", [.. outer, width, config.HiddenSize]);
        yield return Matrix($"{prefix}ffn_up{part}.weight", [.. outer, width, config.HiddenSize]);
        yield return Matrix($"{prefix}ffn_down{part}.weight", [.. outer, config.HiddenSize, width]);
    }

    private static IEnumerable<RandomTensor> Mixture(string prefix, ModelConfig config, MixtureOfExpertsConfig mixture) =>
    [
        Matrix(prefix + "ffn_gate_inp.weight", mixture.ExpertCount, config.HiddenSize),
        .. FeedForward(prefix, mixture.ExpertWidth, config, "_exps", mixture.ExpertCount),
        .. FeedForward(prefix, mixture.SharedExpertCount * mixture.ExpertWidth, config, "_shexp"),
    ];

    private static RandomTensor Norm(string name, int length) => new(name, [length], 1, 0.1f);

    /// <summary>Scaled by the number of inputs, so that activations stay near 1 through all layers.</summary>
    private static RandomTensor Matrix(string name, params int[] shape) => new(name, shape, 0, 1 / MathF.Sqrt(shape[^1]));
}
