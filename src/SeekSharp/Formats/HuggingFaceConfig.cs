namespace SeekSharp.Formats;

/// <summary>Reads the configuration of a model from the text of a Hugging Face "config.json".</summary>
internal static class HuggingFaceConfig
{
    /// <summary>Reads and validates the configuration.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="json">Its text.</param>
    /// <param name="name">The model's name.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ModelFormatException">The model is not of a supported kind, or a key is missing or wrong.</exception>
    public static ModelConfig Read(string source, string json, string name) => Read(source, JsonFields.Parse(source, json), name);

    /// <summary>Reads and validates the configuration.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="json">Its object.</param>
    /// <param name="name">The model's name.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="ModelFormatException">The model is not of a supported kind, or a key is missing or wrong.</exception>
    public static ModelConfig Read(string source, JsonFields json, string name) => new Reading(json).Config(name).Validate(source);

    private sealed class Reading
    {
        private readonly JsonFields _json;
        private readonly Architecture _architecture;
        private readonly bool _isVersion2;
        private readonly JsonFields _rotary;

        public Reading(JsonFields json)
        {
            _json = json;
            // "model_type" is the family; configs of derived models give only the class that runs them
            string type = json.TextOrNull("model_type") ?? json.TextsOrNull("architectures")?.FirstOrDefault() ?? "";
            _architecture = type switch
            {
                "deepseek_v2" or "DeepseekV2ForCausalLM" => Architecture.DeepSeek,
                "deepseek_v3" or "kimi_k2" or "DeepseekV3ForCausalLM" => Architecture.DeepSeek,
                "qwen2" or "Qwen2ForCausalLM" => Architecture.Qwen2,
                "qwen3" or "Qwen3ForCausalLM" => Architecture.Qwen3,
                "llama" or "LlamaForCausalLM" => Architecture.Llama,
                _ => throw json.Fail($"the model type '{type}' is not supported (deepseek_v2, deepseek_v3, kimi_k2, qwen2, qwen3 and llama are)"),
            };
            _isVersion2 = type is "deepseek_v2" or "DeepseekV2ForCausalLM";
            // transformers 5 moves "rope_theta" and "rope_scaling" into one object
            _rotary = json.ObjectOrNull("rope_parameters") ?? json;
        }

        public ModelConfig Config(string name)
        {
            RefuseWhatIsNotSupported();
            int hidden = _json.Integer("hidden_size");
            int heads = _json.Integer("num_attention_heads");
            if (heads < 1) throw _json.Fail($"key 'num_attention_heads' is {heads}");
            int context = _json.Integer("max_position_embeddings");
            double rotaryBase = _rotary.NumberOrNull("rope_theta") ?? 10000;
            bool isDeepSeek = _architecture == Architecture.DeepSeek;
            LatentAttentionConfig? latent = isDeepSeek ? LatentAttention() : null;
            int headDimension = latent is not null ? latent.NopeDimension + latent.RotaryDimension : _json.IntegerOrNull("head_dim") ?? hidden / heads;
            int rotaryDimension = latent?.RotaryDimension ?? headDimension;

            return new ModelConfig
            {
                Architecture = _architecture,
                Name = name,
                LayerCount = _json.Integer("num_hidden_layers"),
                PredictionLayerCount = isDeepSeek ? _json.IntegerOrNull("num_nextn_predict_layers") ?? 0 : 0,
                HiddenSize = hidden,
                FeedForwardSize = _json.Integer("intermediate_size"),
                VocabularySize = _json.Integer("vocab_size"),
                ContextLength = context,
                HeadCount = heads,
                KeyValueHeadCount = isDeepSeek ? heads : _json.IntegerOrNull("num_key_value_heads") ?? heads,
                HeadDimension = headDimension,
                NormEpsilon = (float)_json.Number("rms_norm_eps"),
                RotaryBase = (float)rotaryBase,
                RotaryPairing = isDeepSeek ? RotaryPairing.Interleaved : RotaryPairing.Halves,
                RotaryScaling = Scaling(rotaryBase, rotaryDimension, context),
                TiedEmbeddings = _json.Boolean("tie_word_embeddings"),
                HasAttentionBias = _architecture == Architecture.Qwen2,
                LatentAttention = latent,
                MixtureOfExperts = isDeepSeek && _json.IntegerOrNull("n_routed_experts") is > 0 ? MixtureOfExperts() : null,
            };
        }

        private void RefuseWhatIsNotSupported()
        {
            string activation = _json.TextOrNull("hidden_act") ?? "silu";
            if (activation != "silu") throw _json.Fail($"the activation '{activation}' is not supported (silu is)");
            if (_json.Boolean("attention_bias")) throw _json.Fail("'attention_bias' true is not supported");
            if (_json.Boolean("mlp_bias")) throw _json.Fail("'mlp_bias' true is not supported");
            if (_json.Boolean("use_sliding_window")) throw _json.Fail("sliding-window attention ('use_sliding_window') is not supported");
            if ((_json.NumberOrNull("partial_rotary_factor") ?? _rotary.NumberOrNull("partial_rotary_factor") ?? 1) != 1)
                throw _json.Fail("RoPE on a part of a head ('partial_rotary_factor') is not supported");
            if (_json.TextsOrNull("layer_types") is { } types && Array.Find(types, type => type != "full_attention") is { } type)
                throw _json.Fail($"layers of the type '{type}' are not supported");
        }

        private LatentAttentionConfig LatentAttention() => new(
            _json.IntegerOrNull("q_lora_rank") ?? 0,
            _json.Integer("kv_lora_rank"),
            _json.Integer("qk_nope_head_dim"),
            _json.Integer("qk_rope_head_dim"),
            _json.Integer("v_head_dim"));

        private MixtureOfExpertsConfig MixtureOfExperts()
        {
            int frequency = _json.IntegerOrNull("moe_layer_freq") ?? 1;
            if (frequency != 1) throw _json.Fail($"'moe_layer_freq' {frequency} is not supported (1 is)");
            string score = _json.TextOrNull("scoring_func") ?? (_isVersion2 ? "softmax" : "sigmoid");
            string selection = _json.TextOrNull("topk_method") ?? (_isVersion2 ? "greedy" : "noaux_tc");
            if (selection is not ("greedy" or "group_limited_greedy" or "noaux_tc")) throw _json.Fail($"'topk_method' '{selection}' is not supported");
            bool hasGroups = selection != "greedy" && _json.IntegerOrNull("n_group") is > 1;
            return new MixtureOfExpertsConfig
            {
                ExpertCount = _json.Integer("n_routed_experts"),
                ExpertsPerToken = _json.Integer("num_experts_per_tok"),
                SharedExpertCount = _json.IntegerOrNull("n_shared_experts") ?? 0,
                ExpertWidth = _json.Integer("moe_intermediate_size"),
                LeadingDenseLayers = _json.IntegerOrNull("first_k_dense_replace") ?? 0,
                Score = score switch
                {
                    "softmax" => RouterScore.Softmax,
                    "sigmoid" => RouterScore.Sigmoid,
                    _ => throw _json.Fail($"'scoring_func' '{score}' is not supported (softmax and sigmoid are)"),
                },
                NormalizeWeights = _json.Boolean("norm_topk_prob", absent: !_isVersion2),
                WeightScale = (float)(_json.NumberOrNull("routed_scaling_factor") ?? 1),
                GroupCount = hasGroups ? _json.Integer("n_group") : 1,
                GroupsPerToken = hasGroups ? _json.Integer("topk_group") : 1,
                HasSelectionBias = selection == "noaux_tc",
            };
        }

        private RotaryScaling? Scaling(double rotaryBase, int rotaryDimension, int context)
        {
            JsonFields? scaling = ReferenceEquals(_rotary, _json) ? _json.ObjectOrNull("rope_scaling") : _rotary;
            string type = scaling?.TextOrNull("rope_type") ?? scaling?.TextOrNull("type") ?? "default";
            return type switch
            {
                "default" => null,
                "linear" => new RotaryScaling.Linear((float)scaling!.Number("factor")),
                "yarn" => Yarn(scaling!, context),
                "llama3" => new RotaryScaling.PerFrequency(Llama3Factors(scaling!, rotaryBase, rotaryDimension, context)),
                _ => throw _json.Fail($"the RoPE scaling '{type}' is not supported (linear, yarn and llama3 are)"),
            };
        }

        private RotaryScaling.Yarn Yarn(JsonFields scaling, int context)
        {
            double factor = scaling.Number("factor");
            double? mscale = scaling.NumberOrNull("mscale"), mscaleAll = scaling.NumberOrNull("mscale_all_dim");
            bool isDeepSeek = _architecture == Architecture.DeepSeek;
            // DeepSeek takes 1 and 0 for missing numbers, the others use them only together.
            double rotation = isDeepSeek || (mscale is > 0 && mscaleAll is > 0)
                ? Magnitude(factor, mscale ?? 1) / Magnitude(factor, mscaleAll ?? 0)
                : Magnitude(factor, 1);
            return new RotaryScaling.Yarn(
                (float)factor,
                scaling.IntegerOrNull("original_max_position_embeddings") ?? context,
                (float)(scaling.NumberOrNull("beta_fast") ?? 32),
                (float)(scaling.NumberOrNull("beta_slow") ?? 1),
                isDeepSeek ? (float)(0.1 * (mscaleAll ?? 0)) : 0,
                (float)(scaling.NumberOrNull("attention_factor") ?? rotation));

            static double Magnitude(double factor, double mscale) => factor <= 1 ? 1 : 0.1 * mscale * Math.Log(factor) + 1;
        }

        /// <summary>Llama 3.1: long wavelengths are stretched by the factor, short ones kept, with a linear passage between.</summary>
        private float[] Llama3Factors(JsonFields scaling, double rotaryBase, int rotaryDimension, int context)
        {
            double factor = scaling.Number("factor");
            double low = scaling.Number("low_freq_factor"), high = scaling.Number("high_freq_factor");
            double original = scaling.IntegerOrNull("original_max_position_embeddings") ?? context;
            if (!(factor >= 1 && low > 0 && high > low && original > 0)) throw _json.Fail("the numbers of RoPE scaling 'llama3' make no sense");
            if (rotaryDimension is < 2 or > 4096) throw _json.Fail($"the head dimension is {rotaryDimension}, not in 2 to 4096");

            float[] factors = new float[rotaryDimension / 2];
            for (int i = 0; i < factors.Length; i++)
            {
                double rotations = original / (2 * Math.PI * Math.Pow(rotaryBase, 2.0 * i / rotaryDimension)); // over the original context
                double kept = Math.Clamp((rotations - low) / (high - low), 0, 1);
                factors[i] = (float)(1 / ((1 - kept) / factor + kept));
            }

            return factors;
        }
    }
}
