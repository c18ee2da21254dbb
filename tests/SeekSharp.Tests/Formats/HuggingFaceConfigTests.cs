using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class HuggingFaceConfigTests
{
    [Fact]
    public void DeepSeek_v3()
    {
        ModelConfig config = Read(PublishedConfigs.DeepSeekV3);
        Assert.Equal((Architecture.DeepSeek, 61, 1, 7168), (config.Architecture, config.LayerCount, config.PredictionLayerCount, config.HiddenSize));
        Assert.Equal((128, 128, 192, 129280), (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension, config.VocabularySize));
        Assert.Equal(new LatentAttentionConfig(1536, 512, 128, 64, 128), config.LatentAttention);
        Assert.Equal(
            new MixtureOfExpertsConfig
            {
                ExpertCount = 256, ExpertsPerToken = 8, SharedExpertCount = 1, ExpertWidth = 2048, LeadingDenseLayers = 3,
                Score = RouterScore.Sigmoid, NormalizeWeights = true, WeightScale = 2.5f, GroupCount = 8, GroupsPerToken = 4, HasSelectionBias = true,
            },
            config.MixtureOfExperts);
        Assert.Equal((RotaryPairing.Interleaved, 64), (config.RotaryPairing, config.RotaryDimension));
    }

    /// <summary>The softmax scale of V3 is 0.1352338: 192^-0.5 times the square of 0.1 ln(40) + 1.</summary>
    [Fact]
    public void Yarn_of_deepseek_v3_gives_its_softmax_scale()
    {
        ModelConfig config = Read(PublishedConfigs.DeepSeekV3);
        RotaryScaling.Yarn yarn = Assert.IsType<RotaryScaling.Yarn>(config.RotaryScaling);
        Assert.Equal(new RotaryScaling.Yarn(40, 4096, 32, 1, 0.1f, 1), yarn);
        double magnitude = yarn.AttentionMagnitude * Math.Log(yarn.Factor) + 1;
        Assert.Equal(0.1352338, magnitude * magnitude / Math.Sqrt(config.HeadDimension), 1e-7);
    }

    [Fact]
    public void DeepSeek_v2_and_v2_lite()
    {
        MixtureOfExpertsConfig large = Read(PublishedConfigs.DeepSeekV2).MixtureOfExperts!;
        Assert.Equal((RouterScore.Softmax, false, 16f, false), (large.Score, large.NormalizeWeights, large.WeightScale, large.HasSelectionBias));
        Assert.Equal((8, 3), (large.GroupCount, large.GroupsPerToken));

        ModelConfig lite = Read(PublishedConfigs.DeepSeekV2Lite);
        Assert.Equal(0, lite.LatentAttention!.QueryRank);
        Assert.Equal((1, 1, 1f), (lite.MixtureOfExperts!.GroupCount, lite.MixtureOfExperts.GroupsPerToken, lite.MixtureOfExperts.WeightScale));
        Assert.Equal(new RotaryScaling.Yarn(40, 4096, 32, 1, 0.0707f, 1), lite.RotaryScaling);
    }

    [Fact]
    public void Kimi_has_equal_betas()
    {
        Assert.Equal(new RotaryScaling.Yarn(32, 4096, 1, 1, 0.1f, 1), Read(PublishedConfigs.KimiK2).RotaryScaling);
        Assert.Null(Read(PublishedConfigs.Moonlight).RotaryScaling);
    }

    [Fact]
    public void Families_of_the_distillations()
    {
        ModelConfig qwen2 = Read(PublishedConfigs.Qwen2), qwen3 = Read(PublishedConfigs.Qwen3), llama = Read(PublishedConfigs.Llama);
        Assert.Equal((Architecture.Qwen2, true, 128, 2), (qwen2.Architecture, qwen2.HasAttentionBias, qwen2.HeadDimension, qwen2.KeyValueHeadCount));
        Assert.Equal((Architecture.Qwen3, false, 128, true), (qwen3.Architecture, qwen3.HasAttentionBias, qwen3.HeadDimension, qwen3.TiedEmbeddings));
        Assert.Equal((Architecture.Llama, false, 128, false), (llama.Architecture, llama.HasAttentionBias, llama.HeadDimension, llama.TiedEmbeddings));
        Assert.All([qwen2, qwen3, llama], config => Assert.Equal(RotaryPairing.Halves, config.RotaryPairing));
    }

    /// <summary>Worked by hand for Llama 3.1: base 500000, 8192 tokens; pair i turns 8192 / (2 pi 500000^(i/64)) times.</summary>
    [Fact]
    public void Llama3_scaling_keeps_fast_pairs_and_stretches_slow_ones()
    {
        IReadOnlyList<float> factors = Assert.IsType<RotaryScaling.PerFrequency>(Read(PublishedConfigs.Llama).RotaryScaling).Factors;
        Assert.Equal(64, factors.Count);
        Assert.All(factors.Take(29), factor => Assert.Equal(1, factor)); // pair 28 turns 4.19 times
        double kept = (3.410863 - 1) / 3; // pair 29 turns 3.410863 times, between 1 and 4
        Assert.Equal(1 / ((1 - kept) / 8 + kept), factors[29], 1e-4);
        Assert.All(factors.Skip(35), factor => Assert.Equal(8, factor)); // pair 35 turns 0.998 times
    }

    [Fact]
    public void The_new_spelling_of_rope_parameters()
    {
        string json = PublishedConfigs.Qwen3.Replace("\"rope_theta\": 1000000, \"rope_scaling\": null",
            "\"rope_parameters\": {\"rope_theta\": 5000000, \"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 32768}", StringComparison.Ordinal);
        ModelConfig config = Read(json);
        RotaryScaling.Yarn yarn = Assert.IsType<RotaryScaling.Yarn>(config.RotaryScaling);
        Assert.Equal((5000000f, 4f, 32768, 0f), (config.RotaryBase, yarn.Factor, yarn.OriginalContext, yarn.AttentionMagnitude));
        Assert.Equal(0.1 * Math.Log(4) + 1, yarn.RotationMagnitude, 1e-6);
    }

    [Theory]
    [InlineData("\"attention_factor\": 1.25", 1.25)]
    [InlineData("\"mscale\": 1.0, \"mscale_all_dim\": 0.5", (0.1 * 1.3862944 + 1) / (0.05 * 1.3862944 + 1))]
    [InlineData("\"mscale\": 0.5", 0.1 * 1.3862944 + 1)]
    public void Yarn_of_others_may_give_its_own_magnitude(string given, double expected)
    {
        string json = With(PublishedConfigs.Qwen3, "\"rope_scaling\": null", $"\"rope_scaling\": {{\"rope_type\": \"yarn\", \"factor\": 4, {given}}}");
        Assert.Equal(expected, Assert.IsType<RotaryScaling.Yarn>(Read(json).RotaryScaling).RotationMagnitude, 1e-6);
    }

    [Theory]
    [InlineData(1.0, 0.0, 0.0, 1.3688879)] // all in the rotation
    [InlineData(0.707, 1.0, 0.1, 1.2608038 / 1.3688879)]
    public void Yarn_of_deepseek_divides_its_magnitudes(double mscale, double mscaleAll, double attention, double rotation)
    {
        string json = With(PublishedConfigs.DeepSeekV3, "\"mscale\": 1.0, \"mscale_all_dim\": 1.0",
            FormattableString.Invariant($"\"mscale\": {mscale}, \"mscale_all_dim\": {mscaleAll}"));
        RotaryScaling.Yarn yarn = Assert.IsType<RotaryScaling.Yarn>(Read(json).RotaryScaling);
        Assert.Equal(attention, yarn.AttentionMagnitude, 1e-7);
        Assert.Equal(rotation, yarn.RotationMagnitude, 1e-6);
    }

    [Theory]
    [InlineData("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "the activation 'gelu' is not supported")]
    [InlineData("\"attention_bias\": false", "\"attention_bias\": true", "'attention_bias' true")]
    [InlineData("\"mlp_bias\": false", "\"mlp_bias\": true", "'mlp_bias' true")]
    [InlineData("\"mlp_bias\": false", "\"use_sliding_window\": true", "sliding-window")]
    [InlineData("\"mlp_bias\": false", "\"layer_types\": [\"full_attention\", \"sliding_attention\"]", "layers of the type 'sliding_attention'")]
    [InlineData("\"mlp_bias\": false", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor")]
    [InlineData("\"rope_type\": \"llama3\"", "\"rope_type\": \"longrope\"", "RoPE scaling 'longrope' is not supported")]
    [InlineData("\"rope_type\": \"llama3\"", "\"type\": \"dynamic\"", "RoPE scaling 'dynamic' is not supported")]
    [InlineData("\"low_freq_factor\": 1.0", "\"low_freq_factor\": 4.0", "'llama3' make no sense")]
    [InlineData("\"low_freq_factor\": 1.0, ", "", "key 'rope_scaling.low_freq_factor' is missing")]
    [InlineData("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"", "the model type 'mamba' is not supported")]
    [InlineData("\"hidden_size\": 4096", "\"hidden_size\": \"4096\"", "'hidden_size' is not an integer")]
    [InlineData("\"hidden_size\": 4096", "\"hidden_size\": 1e300", "'hidden_size' is not an integer")]
    [InlineData("\"hidden_size\": 4096", "\"hidden_size\": null", "'hidden_size' is missing")]
    [InlineData("\"num_attention_heads\": 32", "\"num_attention_heads\": 0", "'num_attention_heads' is 0")]
    [InlineData("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7", "cannot share 7")]
    [InlineData("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": \"no\"", "'tie_word_embeddings' is not a boolean")]
    [InlineData("\"architectures\"", "\"architectures", "is not JSON")]
    public void What_is_not_supported_is_refused(string old, string replacement, string expected) =>
        Refuses(With(PublishedConfigs.Llama, old, replacement), expected);

    [Theory]
    [InlineData("\"moe_layer_freq\": 1", "\"moe_layer_freq\": 2", "'moe_layer_freq' 2")]
    [InlineData("\"topk_method\": \"noaux_tc\"", "\"topk_method\": \"other\"", "'topk_method' 'other'")]
    [InlineData("\"scoring_func\": \"sigmoid\"", "\"scoring_func\": \"sqrtsoftplus\"", "'scoring_func' 'sqrtsoftplus'")]
    [InlineData("\"mscale\": 1.0", "\"attention_factor\": 1e300", "YaRN with factor 40 and magnitudes 0.1 and Infinity is not finite")]
    [InlineData("\"topk_group\": 4", "\"topk_group\": 9", "expert groups per token is 9")]
    [InlineData("\"type\": \"yarn\"", "\"type\": \"mrope\"", "RoPE scaling 'mrope' is not supported")]
    public void What_deepseek_does_not_have_is_refused(string old, string replacement, string expected) =>
        Refuses(With(PublishedConfigs.DeepSeekV3, old, replacement), expected);

    [Fact]
    public void Deep_nesting_is_refused() => Refuses(new string('[', 100_000), "is not JSON");

    private static ModelConfig Read(string json) => HuggingFaceConfig.Read("config.json", json, "model");

    private static string With(string json, string old, string replacement)
    {
        Assert.Contains(old, json, StringComparison.Ordinal);
        return json.Replace(old, replacement, StringComparison.Ordinal);
    }

    private static void Refuses(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => Read(json)).Message, StringComparison.Ordinal);
}
