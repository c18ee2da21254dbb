using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class GgufConfigTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_layouts_of_latent_attention_give_the_same_configuration(bool isOldLayout)
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.DeepSeek(isOldLayout));
        Assert.Equal(new LatentAttentionConfig(0, 16, 8, 4, 10), config.LatentAttention);
        Assert.Equal((2, 2, 12, 4), (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension, config.RotaryDimension));
        Assert.Equal((2, 0, 8, 32), (config.LayerCount, config.PredictionLayerCount, config.VocabularySize, config.HiddenSize));
        Assert.Null(config.RotaryScaling);
        Assert.Equal(10000, config.RotaryBase);
        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(config.IsMixtureLayer));
    }

    [Theory]
    [InlineData(null, true, RouterScore.Sigmoid)]
    [InlineData(null, false, RouterScore.Softmax)]
    [InlineData(0u, true, RouterScore.Sigmoid)]
    [InlineData(1u, true, RouterScore.Softmax)]
    [InlineData(2u, false, RouterScore.Sigmoid)]
    public void The_score_function_is_what_the_file_says_or_what_its_tensors_tell(uint? given, bool hasBias, RouterScore expected)
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.DeepSeek(hasBias: hasBias, more: builder =>
        {
            if (given is { } function) builder.Set("deepseek2.expert_gating_func", function);
        }));
        Assert.Equal((expected, hasBias), (config.MixtureOfExperts!.Score, config.MixtureOfExperts.HasSelectionBias));
    }

    [Theory]
    [InlineData(null, 1f)]
    [InlineData(0f, 1f)]
    [InlineData(16f, 16f)]
    public void A_missing_scale_of_the_expert_weights_is_one(float? given, float expected)
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.DeepSeek(more: builder =>
        {
            if (given is { } scale) builder.Set("deepseek2.expert_weights_scale", scale);
        }));
        Assert.Equal(expected, config.MixtureOfExperts!.WeightScale);
        Assert.Equal((1, 1, false), (config.MixtureOfExperts.GroupCount, config.MixtureOfExperts.GroupsPerToken, config.MixtureOfExperts.NormalizeWeights));
    }

    [Fact]
    public void Prediction_layers_are_not_counted_as_layers()
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.DeepSeek(more: builder => builder.Set("deepseek2.nextn_predict_layers", 1u)));
        Assert.Equal((1, 1), (config.LayerCount, config.PredictionLayerCount));
    }

    [Fact]
    public void Yarn_of_deepseek_sharpens_attention_and_keeps_the_rotation()
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.DeepSeek(more: builder => builder
            .Set("deepseek2.rope.scaling.type", "yarn").Set("deepseek2.rope.scaling.factor", 40f)
            .Set("deepseek2.rope.scaling.original_context_length", 4096u).Set("deepseek2.rope.scaling.yarn_log_multiplier", 0.0707f)));
        Assert.Equal(new RotaryScaling.Yarn(40, 4096, 32, 1, 0.0707f, 1), config.RotaryScaling);
    }

    [Fact]
    public void Yarn_of_others_scales_the_rotation()
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.Grouped("qwen2", builder => builder
            .Set("qwen2.rope.scaling.type", "yarn").Set("qwen2.rope.scaling.factor", 4f).Set("qwen2.rope.scaling.yarn_beta_fast", 16f)));
        RotaryScaling.Yarn yarn = Assert.IsType<RotaryScaling.Yarn>(config.RotaryScaling);
        Assert.Equal((4f, 4096, 16f, 1f, 0f), (yarn.Factor, yarn.OriginalContext, yarn.BetaFast, yarn.BetaSlow, yarn.AttentionMagnitude));
        Assert.Equal(0.1 * Math.Log(4) + 1, yarn.RotationMagnitude, 1e-6);
    }

    [Theory]
    [InlineData("llama", Architecture.Llama, RotaryPairing.Interleaved, false)]
    [InlineData("qwen2", Architecture.Qwen2, RotaryPairing.Halves, true)]
    [InlineData("qwen3", Architecture.Qwen3, RotaryPairing.Halves, false)]
    public void Families_with_grouped_attention(string name, Architecture architecture, RotaryPairing pairing, bool hasBias)
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.Grouped(name));
        Assert.Equal((architecture, pairing, hasBias), (config.Architecture, config.RotaryPairing, config.HasAttentionBias));
        Assert.Equal((4, 2, 8, 3, false), (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension, config.VocabularySize, config.TiedEmbeddings));
    }

    [Fact]
    public void Tensors_tell_about_ties_biases_vocabulary_and_frequencies()
    {
        GgufBuilder builder = SmallModels.Grouped("llama", more => more.Set("llama.vocab_size", 99u));
        builder.Add("token_embd.weight", [5, 32]).Add("blk.0.attn_q.bias", [32]).Add("rope_freqs.weight", [4], 1, 1, 2, 8);
        ModelConfig config = SmallModels.ConfigOf(builder);
        Assert.Equal((true, true, 5), (config.TiedEmbeddings, config.HasAttentionBias, config.VocabularySize));
        Assert.Equal([1f, 1, 2, 8], Assert.IsType<RotaryScaling.PerFrequency>(config.RotaryScaling).Factors);
    }

    [Theory]
    [InlineData("llama.rope.scaling.type", "linear", "Linear { Factor = 4 }")]
    [InlineData("llama.rope.scaling.type", "none", "")]
    [InlineData("llama.other", "", "Linear { Factor = 4 }")]
    public void Linear_scaling(string key, string value, string expected)
    {
        ModelConfig config = SmallModels.ConfigOf(SmallModels.Grouped("llama", builder => builder.Set(key, value).Set("llama.rope.scaling.factor", 4f)));
        Assert.Equal(expected, $"{config.RotaryScaling}");
    }

    [Theory]
    [InlineData("llama.rope.dimension_count", 4, "RoPE on 4 of the 8 elements")]
    [InlineData("llama.attention.value_length", 16, "keys of length 8 with values of length 16")]
    [InlineData("llama.expert_count", 8, "mixtures of experts are not supported in the architecture 'llama'")]
    [InlineData("llama.attention.sliding_window", 4096, "sliding-window")]
    [InlineData("llama.attention.key_length", 1 << 30, "head dimension is 1073741824")]
    [InlineData("llama.vocab_size", 0, "vocabulary size is 0")]
    public void What_is_not_supported_is_refused(string key, int value, string expected) =>
        Refuses(SmallModels.Grouped("llama", builder => builder.Set(key, value)), expected);

    [Theory]
    [InlineData("longrope")]
    [InlineData("dynamic")]
    public void Other_scalings_are_refused(string type) =>
        Refuses(SmallModels.Grouped("llama", builder => builder.Set("llama.rope.scaling.type", type)), $"RoPE scaling '{type}' is not supported");

    [Fact]
    public void Contradictions_are_refused()
    {
        Refuses(SmallModels.DeepSeek(more: builder => builder.Set("deepseek2.expert_gating_func", 3u)), "score function 3");
        Refuses(SmallModels.DeepSeek(more: builder => builder.Set("deepseek2.expert_group_count", 3u).Set("deepseek2.expert_group_used_count", 1u)), "4 experts cannot be cut into 3");
        Refuses(SmallModels.DeepSeek(more: builder => builder.Set("deepseek2.expert_group_count", 2u)), "expert_group_used_count' is missing");
        Refuses(SmallModels.Grouped("llama").Add("rope_freqs.weight", [3]), "has 3 factors for 4 frequencies");
        Refuses(new GgufBuilder(), "'general.architecture' is missing");
        Refuses(new GgufBuilder().Set("general.architecture", "llama"), "'llama.embedding_length' is missing");
    }

    private static void Refuses(GgufBuilder builder, string expected) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => SmallModels.ConfigOf(builder)).Message, StringComparison.Ordinal);
}
