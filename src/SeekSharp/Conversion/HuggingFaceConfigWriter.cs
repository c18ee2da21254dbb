using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Conversion;

/// <summary>Writes a model's configuration as Hugging Face's "config.json".</summary>
internal static class HuggingFaceConfigWriter
{
    /// <summary>Writes the configuration.</summary>
    /// <param name="config">The model.</param>
    /// <param name="type">The type of its matrices.</param>
    /// <param name="source">The file that it is from, for messages.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ModelFormatException">RoPE is scaled in a way that config.json cannot say.</exception>
    public static string Write(ModelConfig config, TensorType type, string source)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            (string modelType, string implementation) = Family(config);
            json.WriteStartArray("architectures");
            json.WriteStringValue(implementation);
            json.WriteEndArray();
            json.WriteString("model_type", modelType);
            json.WriteString("torch_dtype", type switch { TensorType.F32 => "float32", TensorType.F16 => "float16", _ => "bfloat16" });
            json.WriteString("hidden_act", "silu");
            json.WriteBoolean("attention_bias", false);
            json.WriteNumber("hidden_size", config.HiddenSize);
            json.WriteNumber("intermediate_size", config.FeedForwardSize);
            json.WriteNumber("num_hidden_layers", config.LayerCount);
            json.WriteNumber("num_attention_heads", config.HeadCount);
            json.WriteNumber("num_key_value_heads", config.KeyValueHeadCount);
            json.WriteNumber("max_position_embeddings", config.ContextLength);
            json.WriteNumber("vocab_size", config.VocabularySize);
            Number(json, "rms_norm_eps", config.NormEpsilon);
            Number(json, "rope_theta", config.RotaryBase);
            json.WriteBoolean("tie_word_embeddings", config.TiedEmbeddings);
            if (config.LatentAttention is { } latent) WriteDeepSeek(json, config, latent);
            else json.WriteNumber("head_dim", config.HeadDimension);
            WriteScaling(json, config, source);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static (string Type, string Implementation) Family(ModelConfig config) => config.Architecture switch
    {
        Architecture.Qwen2 => ("qwen2", "Qwen2ForCausalLM"),
        Architecture.Qwen3 => ("qwen3", "Qwen3ForCausalLM"),
        Architecture.Llama => ("llama", "LlamaForCausalLM"),
        _ when config.MixtureOfExperts is { Score: RouterScore.Softmax } or null => ("deepseek_v2", "DeepseekV2ForCausalLM"),
        _ => ("deepseek_v3", "DeepseekV3ForCausalLM"),
    };

    private static void WriteDeepSeek(Utf8JsonWriter json, ModelConfig config, LatentAttentionConfig latent)
    {
        if (latent.QueryRank > 0) json.WriteNumber("q_lora_rank", latent.QueryRank);
        else json.WriteNull("q_lora_rank");
        json.WriteNumber("kv_lora_rank", latent.KeyValueRank);
        json.WriteNumber("qk_nope_head_dim", latent.NopeDimension);
        json.WriteNumber("qk_rope_head_dim", latent.RotaryDimension);
        json.WriteNumber("v_head_dim", latent.ValueDimension);
        if (config.PredictionLayerCount > 0) json.WriteNumber("num_nextn_predict_layers", config.PredictionLayerCount);
        if (config.MixtureOfExperts is not { } experts) return;
        json.WriteNumber("n_routed_experts", experts.ExpertCount);
        json.WriteNumber("num_experts_per_tok", experts.ExpertsPerToken);
        json.WriteNumber("n_shared_experts", experts.SharedExpertCount);
        json.WriteNumber("moe_intermediate_size", experts.ExpertWidth);
        json.WriteNumber("moe_layer_freq", 1);
        json.WriteNumber("first_k_dense_replace", experts.LeadingDenseLayers);
        json.WriteNumber("n_group", experts.GroupCount);
        json.WriteNumber("topk_group", experts.GroupsPerToken);
        json.WriteString("scoring_func", experts.Score == RouterScore.Softmax ? "softmax" : "sigmoid");
        json.WriteString("topk_method", experts.HasSelectionBias ? "noaux_tc" : experts.GroupCount > 1 ? "group_limited_greedy" : "greedy");
        json.WriteBoolean("norm_topk_prob", experts.NormalizeWeights);
        Number(json, "routed_scaling_factor", experts.WeightScale);
    }

    private static void WriteScaling(Utf8JsonWriter json, ModelConfig config, string source)
    {
        if (config.RotaryScaling is null) return;
        json.WriteStartObject("rope_scaling");
        switch (config.RotaryScaling)
        {
            case RotaryScaling.Linear linear:
                json.WriteString("type", "linear");
                Number(json, "factor", linear.Factor);
                break;
            case RotaryScaling.Yarn yarn:
                WriteYarn(json, config, yarn);
                break;
            case RotaryScaling.PerFrequency frequencies:
                WriteLlama3(json, config, frequencies, source);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteYarn(Utf8JsonWriter json, ModelConfig config, RotaryScaling.Yarn yarn)
    {
        json.WriteString("type", "yarn");
        Number(json, "factor", yarn.Factor);
        json.WriteNumber("original_max_position_embeddings", yarn.OriginalContext);
        Number(json, "beta_fast", yarn.BetaFast);
        Number(json, "beta_slow", yarn.BetaSlow);
        double logarithm = yarn.Factor <= 1 ? 0 : 0.1 * Math.Log(yarn.Factor);
        if (config.Architecture != Architecture.DeepSeek)
        {
            if (Math.Abs(yarn.RotationMagnitude - (logarithm + 1)) > 1e-6) Number(json, "attention_factor", yarn.RotationMagnitude);
            return;
        }

        // RotationMagnitude = (logarithm x mscale + 1) / (logarithm x mscale_all_dim + 1)
        double all = Math.Round(10.0 * yarn.AttentionMagnitude, 6);
        double own = Math.Abs(yarn.RotationMagnitude - 1) < 1e-6 || logarithm == 0
            ? all
            : Math.Round((yarn.RotationMagnitude * (logarithm * all + 1) - 1) / logarithm, 6);
        json.WriteNumber("mscale", own);
        json.WriteNumber("mscale_all_dim", all);
    }

    /// <summary>Finds the numbers from which the factors were computed; files keep the factors alone.</summary>
    private static void WriteLlama3(Utf8JsonWriter json, ModelConfig config, RotaryScaling.PerFrequency frequencies, string source)
    {
        float factor = frequencies.Factors.Max();
        for (int original = 32; original <= config.ContextLength; original *= 2)
        {
            if (!IsLlama3(config, frequencies, factor, original)) continue;
            json.WriteString("rope_type", "llama3");
            Number(json, "factor", factor);
            json.WriteNumber("low_freq_factor", 1.0);
            json.WriteNumber("high_freq_factor", 4.0);
            json.WriteNumber("original_max_position_embeddings", original);
            return;
        }

        throw new ModelFormatException($"{source}: tensor 'rope_freqs.weight' is not computed as for Llama 3, and config.json cannot say it otherwise.");
    }

    private static bool IsLlama3(ModelConfig config, RotaryScaling.PerFrequency frequencies, double factor, double original)
    {
        for (int i = 0; i < frequencies.Factors.Count; i++)
        {
            double rotations = original / (2 * Math.PI * Math.Pow(config.RotaryBase, 2.0 * i / config.RotaryDimension));
            double kept = Math.Clamp((rotations - 1) / 3, 0, 1);
            if (Math.Abs(1 / ((1 - kept) / factor + kept) / frequencies.Factors[i] - 1) > 1e-4) return false;
        }

        return true;
    }

    /// <summary>The number as people write it: 1E-06 rather than the float's 9.999999974752427E-07.</summary>
    private static void Number(Utf8JsonWriter json, string key, float value)
    {
        json.WritePropertyName(key);
        json.WriteRawValue(value.ToString("R", CultureInfo.InvariantCulture));
    }
}
