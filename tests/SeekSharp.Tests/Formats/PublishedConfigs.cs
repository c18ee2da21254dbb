namespace SeekSharp.Tests.Formats;

/// <summary>"config.json" of published models, written from the hyper-parameters in their papers.</summary>
internal static class PublishedConfigs
{
    public const string DeepSeekV3 = """
        {
          "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "attention_bias": false, "hidden_act": "silu",
          "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "first_k_dense_replace": 3,
          "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "n_group": 8,
          "topk_group": 4, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.5,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 1, "max_position_embeddings": 163840, "rms_norm_eps": 1e-06, "rope_theta": 10000,
          "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
            "original_max_position_embeddings": 4096, "type": "yarn"},
          "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]},
          "tie_word_embeddings": false, "vocab_size": 129280
        }
        """;

    public const string DeepSeekV2 = """
        {
          "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "attention_bias": false, "hidden_act": "silu",
          "hidden_size": 5120, "intermediate_size": 12288, "moe_intermediate_size": 1536, "num_hidden_layers": 60, "first_k_dense_replace": 1,
          "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 160, "n_shared_experts": 2, "num_experts_per_tok": 6, "n_group": 8,
          "topk_group": 3, "topk_method": "group_limited_greedy", "scoring_func": "softmax", "norm_topk_prob": false,
          "routed_scaling_factor": 16.0, "moe_layer_freq": 1, "max_position_embeddings": 163840, "rms_norm_eps": 1e-06, "rope_theta": 10000,
          "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 0.707, "mscale_all_dim": 0.707,
            "original_max_position_embeddings": 4096, "type": "yarn"},
          "tie_word_embeddings": false, "vocab_size": 102400
        }
        """;

    public const string DeepSeekV2Lite = """
        {
          "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "attention_bias": false, "hidden_act": "silu",
          "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408, "num_hidden_layers": 27, "first_k_dense_replace": 1,
          "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": null, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "n_group": 1,
          "topk_group": 1, "topk_method": "greedy", "scoring_func": "softmax", "norm_topk_prob": false, "routed_scaling_factor": 1.0,
          "moe_layer_freq": 1, "max_position_embeddings": 163840, "rms_norm_eps": 1e-06, "rope_theta": 10000,
          "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 0.707, "mscale_all_dim": 0.707,
            "original_max_position_embeddings": 4096, "type": "yarn"},
          "tie_word_embeddings": false, "vocab_size": 102400
        }
        """;

    public const string KimiK2 = """
        {
          "architectures": ["DeepseekV3ForCausalLM"], "model_type": "kimi_k2", "attention_bias": false, "hidden_act": "silu",
          "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "first_k_dense_replace": 1,
          "num_attention_heads": 64, "num_key_value_heads": 64, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 384, "n_shared_experts": 1, "num_experts_per_tok": 8, "n_group": 1,
          "topk_group": 1, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.827,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "max_position_embeddings": 131072, "rms_norm_eps": 1e-06, "rope_theta": 50000.0,
          "rope_scaling": {"beta_fast": 1.0, "beta_slow": 1.0, "factor": 32.0, "mscale": 1.0, "mscale_all_dim": 1.0,
            "original_max_position_embeddings": 4096, "type": "yarn"},
          "tie_word_embeddings": false, "vocab_size": 163840
        }
        """;

    public const string Moonlight = """
        {
          "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "attention_bias": false, "hidden_act": "silu",
          "hidden_size": 2048, "intermediate_size": 11264, "moe_intermediate_size": 1408, "num_hidden_layers": 27, "first_k_dense_replace": 1,
          "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": null, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
          "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "n_group": 1,
          "topk_group": 1, "topk_method": "noaux_tc", "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 2.446,
          "moe_layer_freq": 1, "num_nextn_predict_layers": 0, "max_position_embeddings": 8192, "rms_norm_eps": 1e-05, "rope_theta": 50000.0,
          "rope_scaling": null, "tie_word_embeddings": false, "vocab_size": 163840
        }
        """;

    /// <summary>DeepSeek-R1-Distill-Qwen-1.5B.</summary>
    public const string Qwen2 = """
        {
          "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu", "hidden_size": 1536, "intermediate_size": 8960,
          "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2, "max_position_embeddings": 131072, "max_window_layers": 21,
          "rms_norm_eps": 1e-06, "rope_theta": 10000, "sliding_window": 4096, "use_mrope": false, "use_sliding_window": false,
          "tie_word_embeddings": false, "vocab_size": 151936
        }
        """;

    /// <summary>Qwen3-0.6B.</summary>
    public const string Qwen3 = """
        {
          "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "attention_bias": false, "head_dim": 128, "hidden_act": "silu",
          "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8,
          "max_position_embeddings": 40960, "rms_norm_eps": 1e-06, "rope_theta": 1000000, "rope_scaling": null, "sliding_window": null,
          "use_sliding_window": false, "tie_word_embeddings": true, "vocab_size": 151936
        }
        """;

    /// <summary>Llama-3.1-8B, as DeepSeek-R1-Distill-Llama-8B has it.</summary>
    public const string Llama = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": false, "hidden_act": "silu", "hidden_size": 4096,
          "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "mlp_bias": false,
          "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
          "rope_scaling": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"},
          "tie_word_embeddings": false, "vocab_size": 128256
        }
        """;
}
