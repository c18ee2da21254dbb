using SeekSharp.Formats;

namespace SeekSharp.Conversion;

/// <summary>Writes a model's configuration under the keys that llama.cpp reads.</summary>
internal static class GgufConfigWriter
{
    /// <summary>Version of the block formats (GGML_QNT_VERSION).</summary>
    public const uint QuantizationVersion = 2;

    /// <summary>GGUF's name of an architecture.</summary>
    public static string NameOf(Architecture architecture) => architecture switch
    {
        Architecture.DeepSeek => "deepseek2",
        Architecture.Qwen2 => "qwen2",
        Architecture.Qwen3 => "qwen3",
        _ => "llama",
    };

    /// <summary>Writes all keys that are not about the tokenizer.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="config">The model.</param>
    /// <param name="fileType">Number of the file type.</param>
    public static void Write(GgufWriter writer, ModelConfig config, uint fileType)
    {
        string prefix = NameOf(config.Architecture) + ".";
        writer.Set("general.architecture", NameOf(config.Architecture));
        writer.Set("general.type", "model");
        writer.Set("general.name", config.Name);
        Integer("block_count", config.LayerCount + config.PredictionLayerCount);
        if (config.PredictionLayerCount > 0) Integer("nextn_predict_layers", config.PredictionLayerCount);
        Integer("context_length", config.ContextLength);
        Integer("embedding_length", config.HiddenSize);
        Integer("feed_forward_length", config.FeedForwardSize);
        Integer("vocab_size", config.VocabularySize);
        Integer("attention.head_count", config.HeadCount);
        // latent attention is multi-query attention with one wide shared key
        Integer("attention.head_count_kv", config.LatentAttention is null ? config.KeyValueHeadCount : 1);
        writer.Set(prefix + "attention.layer_norm_rms_epsilon", config.NormEpsilon);
        Integer("rope.dimension_count", config.RotaryDimension);
        writer.Set(prefix + "rope.freq_base", config.RotaryBase);
        WriteScaling(writer, prefix, config);
        if (config.LatentAttention is { } latent)
        {
            if (latent.QueryRank > 0) Integer("attention.q_lora_rank", latent.QueryRank);
            Integer("attention.kv_lora_rank", latent.KeyValueRank);
            Integer("attention.key_length", latent.KeyValueRank + latent.RotaryDimension);
            Integer("attention.value_length", latent.KeyValueRank);
            Integer("attention.key_length_mla", latent.NopeDimension + latent.RotaryDimension);
            Integer("attention.value_length_mla", latent.ValueDimension);
            WriteExperts(writer, prefix, config);
        }
        else
        {
            Integer("attention.key_length", config.HeadDimension);
            Integer("attention.value_length", config.HeadDimension);
        }

        writer.Set("general.file_type", fileType);
        writer.Set("general.quantization_version", QuantizationVersion);

        void Integer(string key, int value) => writer.Set(prefix + key, (uint)value);
    }

    /// <summary>What a reader of the keys takes for the magnitude of cos and sin where "attn_factor" is missing (see <see cref="GgufConfig"/>).</summary>
    private static float UsualMagnitude(RotaryScaling.Yarn yarn) =>
        yarn.AttentionMagnitude != 0 || yarn.Factor <= 1 ? 1 : 0.1f * MathF.Log(yarn.Factor) + 1;

    private static void WriteScaling(GgufWriter writer, string prefix, ModelConfig config)
    {
        prefix += "rope.scaling.";
        switch (config.RotaryScaling)
        {
            case RotaryScaling.Linear linear:
                writer.Set(prefix + "type", "linear");
                writer.Set(prefix + "factor", linear.Factor);
                break;
            case RotaryScaling.Yarn yarn:
                writer.Set(prefix + "type", "yarn");
                writer.Set(prefix + "factor", yarn.Factor);
                writer.Set(prefix + "original_context_length", (uint)yarn.OriginalContext);
                writer.Set(prefix + "yarn_beta_fast", yarn.BetaFast);
                writer.Set(prefix + "yarn_beta_slow", yarn.BetaSlow);
                if (yarn.AttentionMagnitude != 0) writer.Set(prefix + "yarn_log_multiplier", yarn.AttentionMagnitude);
                float magnitude = yarn.RotationMagnitude / UsualMagnitude(yarn);
                if (MathF.Abs(magnitude - 1) > 1e-6f) writer.Set(prefix + "attn_factor", magnitude);
                break;
        }
    }

    private static void WriteExperts(GgufWriter writer, string prefix, ModelConfig config)
    {
        if (config.MixtureOfExperts is not { } experts)
        {
            // llama.cpp asks for these keys in dense models of the family as well
            writer.Set(prefix + "leading_dense_block_count", (uint)config.LayerCount);
            writer.Set(prefix + "expert_feed_forward_length", (uint)config.FeedForwardSize);
            writer.Set(prefix + "expert_shared_count", 0u);
            return;
        }

        writer.Set(prefix + "leading_dense_block_count", (uint)experts.LeadingDenseLayers);
        writer.Set(prefix + "expert_feed_forward_length", (uint)experts.ExpertWidth);
        writer.Set(prefix + "expert_count", (uint)experts.ExpertCount);
        writer.Set(prefix + "expert_used_count", (uint)experts.ExpertsPerToken);
        writer.Set(prefix + "expert_shared_count", (uint)experts.SharedExpertCount);
        writer.Set(prefix + "expert_group_count", (uint)experts.GroupCount);
        writer.Set(prefix + "expert_group_used_count", (uint)experts.GroupsPerToken);
        writer.Set(prefix + "expert_gating_func", experts.Score == RouterScore.Softmax ? 1u : 2u);
        writer.Set(prefix + "expert_weights_scale", experts.WeightScale);
        writer.Set(prefix + "expert_weights_norm", experts.NormalizeWeights);
    }
}
