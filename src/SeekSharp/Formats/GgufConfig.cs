namespace SeekSharp.Formats;

/// <summary>Reads the configuration of a model from the metadata of a GGUF file.</summary>
internal static class GgufConfig
{
    /// <summary>Reads and validates the configuration.</summary>
    /// <param name="file">The open file.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ModelFormatException">The architecture is not supported, or a key is missing or wrong.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        string name = file.Metadata.GetString("general.architecture");
        Architecture architecture = name switch
        {
            "deepseek2" => Architecture.DeepSeek,
            "qwen2" => Architecture.Qwen2,
            "qwen3" => Architecture.Qwen3,
            "llama" => Architecture.Llama,
            _ => throw new ModelFormatException(
                $"{file.Path}: the architecture '{name}' is not supported (deepseek2, qwen2, qwen3 and llama are)."),
        };
        return new Reading(file, architecture, name + ".").Config().Validate(file.Path);
    }

    /// <summary>One file being read; <paramref name="prefix"/> stands in front of the architecture's keys.</summary>
    private sealed class Reading(GgufFile file, Architecture architecture, string prefix)
    {
        private readonly GgufMetadata _metadata = file.Metadata;

        public ModelConfig Config()
        {
            int hidden = _metadata.GetInt32(prefix + "embedding_length");
            int heads = Uniform("attention.head_count") ?? throw Fail($"key '{prefix}attention.head_count' is missing");
            if (heads < 1) throw Fail($"key '{prefix}attention.head_count' is {heads}");
            int predictionLayers = Integer("nextn_predict_layers", 0);
            int context = _metadata.GetInt32(prefix + "context_length");
            bool isDeepSeek = architecture == Architecture.DeepSeek;
            LatentAttentionConfig? latent = isDeepSeek ? LatentAttention() : null;
            int headDimension = latent is not null ? latent.NopeDimension + latent.RotaryDimension : HeadDimension(hidden, heads);
            if (!isDeepSeek && Integer("expert_count", 0) > 0) throw Fail($"mixtures of experts are not supported in the architecture '{prefix[..^1]}'");
            if (Integer("attention.sliding_window", 0) > 0) throw Fail("sliding-window attention is not supported");

            return new ModelConfig
            {
                Architecture = architecture,
                Name = _metadata.TryGetString("general.name", out string? name) ? name : "",
                LayerCount = _metadata.GetInt32(prefix + "block_count") - predictionLayers,
                PredictionLayerCount = predictionLayers,
                HiddenSize = hidden,
                FeedForwardSize = Uniform("feed_forward_length") ?? throw Fail($"key '{prefix}feed_forward_length' is missing"),
                VocabularySize = VocabularySize(),
                ContextLength = context,
                HeadCount = heads,
                // Latent attention is stored as multi-query attention with one shared key; seen from the model every head has its own.
                KeyValueHeadCount = isDeepSeek ? heads : Uniform("attention.head_count_kv") ?? heads,
                HeadDimension = headDimension,
                NormEpsilon = _metadata.GetFloat(prefix + "attention.layer_norm_rms_epsilon"),
                RotaryBase = Number("rope.freq_base", 10000),
                // llama.cpp's converter permutes Llama's q and k so that the partners of RoPE become neighbours.
                RotaryPairing = architecture is Architecture.DeepSeek or Architecture.Llama ? RotaryPairing.Interleaved : RotaryPairing.Halves,
                RotaryScaling = Scaling(latent?.RotaryDimension ?? headDimension, context),
                TiedEmbeddings = file.Tensors.Count > 0 && file.Find("output.weight") is null,
                HasAttentionBias = file.Tensors.Count > 0 ? file.Find("blk.0.attn_q.bias") is not null : architecture == Architecture.Qwen2,
                LatentAttention = latent,
                MixtureOfExperts = isDeepSeek && Integer("expert_count", 0) > 0 ? MixtureOfExperts() : null,
            };
        }

        private int VocabularySize()
        {
            if (file.Find("token_embd.weight") is { Shape.Count: 2 } embedding) return embedding.Shape[0];
            if (_metadata.TryGetInt32(prefix + "vocab_size", out int size)) return size;
            return _metadata.GetStringArray("tokenizer.ggml.tokens").Count;
        }

        private int HeadDimension(int hidden, int heads)
        {
            int dimension = Integer("attention.key_length", hidden / heads);
            int valueDimension = Integer("attention.value_length", dimension);
            if (valueDimension != dimension) throw Fail($"keys of length {dimension} with values of length {valueDimension} are not supported");
            int rotary = Integer("rope.dimension_count", dimension);
            if (rotary != dimension) throw Fail($"RoPE on {rotary} of the {dimension} elements of a head is not supported");
            return dimension;
        }

        /// <summary>
        /// Files with "..._mla" keys store attn_k_b and attn_v_b, and their key_length is that of the latent; older files store attn_kv_b, and
        /// their key_length is that of a head.
        /// </summary>
        private LatentAttentionConfig LatentAttention()
        {
            int rotary = _metadata.GetInt32(prefix + "rope.dimension_count");
            int key = Integer("attention.key_length_mla", 0) is > 0 and int keyMla ? keyMla : _metadata.GetInt32(prefix + "attention.key_length");
            int value = Integer("attention.value_length_mla", 0) is > 0 and int valueMla ? valueMla : _metadata.GetInt32(prefix + "attention.value_length");
            int rank = _metadata.GetInt32(prefix + "attention.kv_lora_rank");
            return new LatentAttentionConfig(Integer("attention.q_lora_rank", 0), rank, key - rotary, rotary, value);
        }

        private MixtureOfExpertsConfig MixtureOfExperts()
        {
            bool hasBias = file.Tensors.Any(tensor => tensor.Name.EndsWith(".exp_probs_b.bias", StringComparison.Ordinal));
            int groups = Math.Max(Integer("expert_group_count", 1), 1);
            float scale = Number("expert_weights_scale", 1);
            return new MixtureOfExpertsConfig
            {
                ExpertCount = _metadata.GetInt32(prefix + "expert_count"),
                ExpertsPerToken = _metadata.GetInt32(prefix + "expert_used_count"),
                SharedExpertCount = Integer("expert_shared_count", 0),
                ExpertWidth = _metadata.GetInt32(prefix + "expert_feed_forward_length"),
                LeadingDenseLayers = Integer("leading_dense_block_count", 0),
                Score = Integer("expert_gating_func", 0) switch
                {
                    0 => hasBias ? RouterScore.Sigmoid : RouterScore.Softmax, // files from before V3 do not say
                    1 => RouterScore.Softmax,
                    2 => RouterScore.Sigmoid,
                    int other => throw Fail($"the router's score function {other} is not supported (1 softmax and 2 sigmoid are)"),
                },
                NormalizeWeights = _metadata.GetBooleanOrDefault(prefix + "expert_weights_norm"),
                WeightScale = scale == 0 ? 1 : scale, // writers leave 0 where the model has no scale
                GroupCount = groups,
                GroupsPerToken = groups == 1 ? 1 : _metadata.GetInt32(prefix + "expert_group_used_count"),
                HasSelectionBias = hasBias,
            };
        }

        private RotaryScaling? Scaling(int rotaryDimension, int context)
        {
            float factor = Number("rope.scaling.factor", Number("rope.scale_linear", 1));
            string type = _metadata.TryGetString(prefix + "rope.scaling.type", out string? given) ? given : "linear";
            RotaryScaling? scaling = type switch
            {
                "none" => null,
                "linear" => factor == 1 || factor == 0 ? null : new RotaryScaling.Linear(factor),
                "yarn" => Yarn(factor, context),
                _ => throw Fail($"the RoPE scaling '{type}' is not supported (linear and yarn are)"),
            };
            if (file.Find("rope_freqs.weight") is not { } factors) return scaling;
            if (scaling is not null) throw Fail($"RoPE scaling '{type}' together with tensor 'rope_freqs.weight' is not supported");
            if (factors.ElementCount != rotaryDimension / 2)
                throw Fail($"tensor 'rope_freqs.weight' has {factors.ElementCount} factors for {rotaryDimension / 2} frequencies");
            float[] values = new float[factors.ElementCount];
            Dequantizer.ToFloat32(factors, values);
            return new RotaryScaling.PerFrequency(values);
        }

        private RotaryScaling.Yarn Yarn(float factor, int context)
        {
            float magnitude = factor > 1 ? 0.1f * MathF.Log(factor) + 1 : 1;
            float attention = architecture == Architecture.DeepSeek ? Number("rope.scaling.yarn_log_multiplier", 0) : 0;
            // DeepSeek sharpens attention through the softmax scale alone: mscale equals mscale_all_dim in all its models, so that
            // their quotient, by which cos and sin are multiplied, is 1.
            float rotation = attention != 0 ? 1 : magnitude;
            return new RotaryScaling.Yarn(
                factor,
                Integer("rope.scaling.original_context_length", context),
                Number("rope.scaling.yarn_beta_fast", 32),
                Number("rope.scaling.yarn_beta_slow", 1),
                attention,
                rotation * Number("rope.scaling.attn_factor", 1));
        }

        private int? Uniform(string key) => _metadata.GetUniformInt32(prefix + key);

        private int Integer(string key, int absent) => _metadata.GetInt32OrDefault(prefix + key, absent);

        private float Number(string key, float absent) => _metadata.GetFloatOrDefault(prefix + key, absent);

        private ModelFormatException Fail(string what) => new($"{file.Path}: {what}.");
    }
}
