using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SeekSharp.Formats;
using SeekSharp.Tests.Formats;
using SeekSharp.Tokenizers;

namespace SeekSharp.Tests.Robustness;

/// <summary>Whole files of a few KB, so that damage hits header, metadata and tokenizer.</summary>
internal static class Seeds
{
    private const string Tokenizer = "tokenizer.ggml.";

    /// <summary>A byte-level vocabulary: 256 stand-ins for bytes, some merged tokens, control tokens.</summary>
    private static readonly string[] ByteLevelTokens =
        [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Encode((byte)value).ToString()), "th", "the", "er", "Ġt", "Ġth", "Ġthe", "<s>", "</s>", "<|im_end|>", "<think>"];

    private static readonly string[] Merges = ["t h", "th e", "e r", "Ġ t", "Ġt h", "Ġth e"];

    /// <summary>Metadata of every kind, a byte-level tokenizer, YaRN, few tensors.</summary>
    public static byte[] Gguf { get; } = AddByteLevel(SmallModels.DeepSeek(more: builder => builder
        .Set("deepseek2.rope.scaling.type", "yarn").Set("deepseek2.rope.scaling.factor", 40f).Set("deepseek2.attention.q_lora_rank", 8u)
        .Set("general.alignment", 32u).Set("tokenizer.chat_template", "{{ messages }}").Set("flags", new[] { true, false })
        .Set("nested", new[] { new[] { 1 }, new[] { 2, 3 } }).Set("u64", 1UL << 40).Set("f64", 0.5).Set("i8", (sbyte)-1)), ("bos_token_id", 262u), ("eos_token_id", 263u)).ToBytes();

    /// <summary>A SentencePiece tokenizer with bytes to fall back to, and a grouped model's metadata with one number per layer.</summary>
    public static byte[] SentencePieceGguf { get; } = SmallModels.Grouped("qwen2", builder => builder
        .Set("qwen2.rope.scale_linear", 2f).Set("qwen2.attention.key_length", 8)).WithSentencePiece().ToBytes();

    /// <summary>The parts of a split file.</summary>
    public static byte[][] Split { get; } = [.. Enumerable.Range(0, 3).Select(part =>
    {
        GgufBuilder builder = part == 0 ? SmallModels.Grouped("llama").WithSentencePiece() : new GgufBuilder();
        return builder.Set("split.no", (ushort)part).Set("split.count", (ushort)3).Set("split.tensors.count", 3).Add($"t{part}", [4], 1, 2, 3, 4).ToBytes();
    })];

    /// <summary>A whole small model that loads and computes; a header of some 4 KB, tensors of some 100 bytes.</summary>
    /// <param name="architecture">GGUF's name of the family.</param>
    /// <param name="changes">Other values for keys, without the architecture in front.</param>
    public static byte[] Model(string architecture, params (string Key, object Value)[] changes)
    {
        GgufBuilder builder = new();
        Dictionary<string, object> values = new() { ["block_count"] = 2u, ["context_length"] = 64u, ["embedding_length"] = 4u, ["feed_forward_length"] = 4u, ["attention.head_count"] = 2u, ["attention.layer_norm_rms_epsilon"] = 1e-6f };
        bool isDeepSeek = architecture == "deepseek2";
        if (isDeepSeek)
        {
            foreach ((string key, object value) in new (string, object)[]
            {
                ("attention.head_count_kv", 1u), ("attention.q_lora_rank", 4u), ("attention.kv_lora_rank", 32u), ("attention.key_length", 34u), ("attention.value_length", 32u), ("attention.key_length_mla", 6u),
                ("attention.value_length_mla", 4u), ("rope.dimension_count", 2u), ("leading_dense_block_count", 1u), ("expert_count", 4u), ("expert_used_count", 2u), ("expert_shared_count", 1u),
                ("expert_feed_forward_length", 4u), ("expert_gating_func", 2u), ("expert_weights_norm", true), ("expert_weights_scale", 2.5f), ("expert_group_count", 2u), ("expert_group_used_count", 1u),
                ("rope.scaling.type", "yarn"), ("rope.scaling.factor", 4f), ("rope.scaling.original_context_length", 16u), ("rope.scaling.yarn_log_multiplier", 0.1f),
            }) values[key] = value;
        }
        else
        {
            values["attention.head_count_kv"] = 1u;
            values["rope.freq_base"] = 10000f;
        }

        foreach ((string key, object value) in changes) values[key] = value;
        builder.Set("general.architecture", architecture).Set("general.name", "small");
        foreach ((string key, object value) in values) builder.Set($"{architecture}.{key}", value);
        builder.Set(Tokenizer + "model", "llama").Set(Tokenizer + "tokens", new[] { "<unk>", "<s>", "</s>", "a", "b", "ab", "▁", "▁a" });
        builder.Set(Tokenizer + "scores", new[] { 0f, 0, 0, -1, -2, -3, -4, -5 }).Set(Tokenizer + "token_type", new[] { 2, 3, 3, 1, 1, 1, 1, 1 }).Set(Tokenizer + "bos_token_id", 1u);
        foreach ((string name, TensorType type, int[] shape) in Tensors(architecture)) builder.Add(name, type, shape, Data(name, type, shape));
        return builder.ToBytes();
    }

    /// <summary>The header's part of a file: what lies in front of the tensors' bytes.</summary>
    public static int HeaderLength(byte[] gguf)
    {
        using TemporaryFolder folder = new();
        using GgufFile file = GgufFile.Open(folder.Write("seed.gguf", gguf));
        return (int)Math.Max(gguf.Length - file.Tensors.Sum(tensor => (tensor.ByteCount + 31) / 32 * 32), 64);
    }

    /// <summary>A folder of a small Llama that loads, with index, tokenizer and all that a reader looks into.</summary>
    public static IReadOnlyDictionary<string, byte[]> Folder { get; } = CreateFolder();

    private static IEnumerable<(string Name, TensorType Type, int[] Shape)> Tensors(string architecture)
    {
        yield return ("token_embd.weight", TensorType.F32, [8, 4]);
        yield return ("output_norm.weight", TensorType.F32, [4]);
        if (architecture != "qwen2") yield return ("output.weight", TensorType.F16, [8, 4]);
        for (int layer = 0; layer < 2; layer++)
        {
            string block = $"blk.{layer}.";
            yield return (block + "attn_norm.weight", TensorType.F32, [4]);
            yield return (block + "ffn_norm.weight", TensorType.F32, [4]);
            yield return (block + "attn_output.weight", TensorType.BF16, [4, architecture == "deepseek2" ? 8 : 4]);
            if (architecture == "deepseek2")
            {
                yield return (block + "attn_q_a.weight", TensorType.F32, [4, 4]);
                yield return (block + "attn_q_a_norm.weight", TensorType.F32, [4]);
                yield return (block + "attn_q_b.weight", TensorType.F32, [12, 4]);
                yield return (block + "attn_kv_a_mqa.weight", TensorType.F32, [34, 4]);
                yield return (block + "attn_kv_a_norm.weight", TensorType.F32, [32]);
                // One layer in each of the two layouts.
                if (layer == 0) yield return (block + "attn_kv_b.weight", TensorType.Q8_0, [16, 32]);
                if (layer == 1) yield return (block + "attn_k_b.weight", TensorType.F16, [2, 32, 4]);
                if (layer == 1) yield return (block + "attn_v_b.weight", TensorType.Q4_0, [2, 4, 32]);
            }
            else
            {
                foreach ((string name, int rows) in new[] { ("q", 4), ("k", 2), ("v", 2) })
                {
                    yield return ($"{block}attn_{name}.weight", TensorType.F32, [rows, 4]);
                    if (architecture == "qwen2") yield return ($"{block}attn_{name}.bias", TensorType.F32, [rows]);
                }
            }

            bool isMixture = architecture == "deepseek2" && layer == 1;
            foreach (string name in (string[])["gate", "up", "down"])
            {
                yield return ($"{block}ffn_{name}{(isMixture ? "_shexp" : "")}.weight", TensorType.F32, [4, 4]);
                if (isMixture) yield return ($"{block}ffn_{name}_exps.weight", TensorType.F32, [4, 4, 4]);
            }

            if (isMixture) yield return (block + "ffn_gate_inp.weight", TensorType.F32, [4, 4]);
            if (isMixture) yield return (block + "exp_probs_b.bias", TensorType.F32, [4]);
        }
    }

    private static byte[] Data(string name, TensorType type, int[] shape)
    {
        byte[] data = new byte[TensorTypes.ByteCount(type, shape)];
        Random random = new(name.Length + data.Length);
        for (int i = 0; i < data.Length; i += type.BlockBytes())
        {
            Span<byte> block = data.AsSpan(i, type.BlockBytes());
            float value = shape.Length == 1 ? 1 : (float)(random.NextDouble() - 0.5);
            if (type == TensorType.F32) BitConverter.TryWriteBytes(block, value);
            else if (type == TensorType.F16) BitConverter.TryWriteBytes(block, (Half)value);
            else if (type == TensorType.BF16) BitConverter.TryWriteBytes(block, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            else random.NextBytes(block[2..]);
            if (type is TensorType.Q8_0 or TensorType.Q4_0) BitConverter.TryWriteBytes(block, (Half)0.01f);
        }

        return data;
    }

    private static GgufBuilder AddByteLevel(GgufBuilder builder, params (string Key, object Value)[] more)
    {
        builder.Set(Tokenizer + "model", "gpt2").Set(Tokenizer + "pre", "deepseek-v3").Set(Tokenizer + "tokens", ByteLevelTokens).Set(Tokenizer + "merges", Merges);
        builder.Set(Tokenizer + "token_type", ByteLevelTokens.Select((_, id) => id < 262 ? 1 : id < 265 ? 3 : 4).ToArray()).Set(Tokenizer + "add_bos_token", true);
        foreach ((string key, object value) in more) builder.Set(Tokenizer + key, value);
        return builder;
    }

    /// <summary>Replaces the three tokens of <see cref="SmallModels.Grouped"/> by a tokenizer.</summary>
    private static GgufBuilder WithSentencePiece(this GgufBuilder builder)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "a", "b", "ab", "▁a", "▁ab", "𠀀"];
        return builder.Without(Tokenizer + "tokens").Set(Tokenizer + "model", "llama").Set(Tokenizer + "tokens", tokens)
            .Set(Tokenizer + "scores", tokens.Select((_, id) => -(float)id).ToArray())
            .Set(Tokenizer + "token_type", tokens.Select((_, id) => id == 0 ? 2u : id < 3 ? 3u : id < 259 ? 6u : 1u).ToArray())
            .Set(Tokenizer + "unknown_token_id", 0).Set(Tokenizer + "add_space_prefix", true);
    }

    private static Dictionary<string, byte[]> CreateFolder()
    {
        SafetensorsBuilder first = new SafetensorsBuilder().AddEntry("\"__metadata__\":{\"format\":\"pt\"}"), second = new();
        JsonObject map = [];
        foreach ((string name, TensorType _, int[] shape) in Tensors("llama"))
        {
            string own = HuggingFaceNames.FromGguf(name)!;
            bool isFirst = name.StartsWith("blk.0", StringComparison.Ordinal);
            SafetensorsBuilder shard = isFirst ? first : second;
            map[own] = isFirst ? "model-1.safetensors" : "model-2.safetensors";
            if (name == "blk.0.ffn_up.weight")
            {
                shard.Add(own, "F8_E4M3", shape, [.. Enumerable.Repeat((byte)0x38, shape[0] * shape[1])]).Add(own + "_scale_inv", [2, 1], 1, 2);
                map[own + "_scale_inv"] = "model-1.safetensors";
            }
            else
            {
                shard.Add(own, "F32", shape, Data(name, TensorType.F32, shape));
            }
        }

        string config = """
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4, "intermediate_size": 4, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
             "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "vocab_size": 8, "eos_token_id": [2], "hidden_act": "silu", "rope_theta": 10000.0, "tie_word_embeddings": false,
             "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16},
             "quantization_config": {"quant_method": "fp8", "weight_block_size": [2, 128]}}
            """;
        string tokenizer = """
            {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true, "lstrip": true}, {"id": 2, "content": "</s>", "special": true}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
             "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A"}}]},
             "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3, "b": 4, "ab": 5, "▁": 6, "▁a": 7}, "merges": [["a", "b"], "▁ a"]}}
            """;
        return new Dictionary<string, byte[]>
        {
            ["config.json"] = Encoding.UTF8.GetBytes(config),
            ["tokenizer.json"] = Encoding.UTF8.GetBytes(tokenizer),
            ["tokenizer_config.json"] = """{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": true, "chat_template": [{"name": "default", "template": "{{ messages }}"}]}"""u8.ToArray(),
            ["generation_config.json"] = """{"eos_token_id": [2]}"""u8.ToArray(),
            ["model.safetensors.index.json"] = Encoding.UTF8.GetBytes(new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1000 }, ["weight_map"] = map }.ToJsonString()),
            ["model-1.safetensors"] = first.ToBytes(),
            ["model-2.safetensors"] = second.ToBytes(),
        };
    }

    /// <summary>A byte-level tokenizer.json.</summary>
    public static byte[] ByteLevelTokenizerJson { get; } = CreateByteLevelTokenizerJson();

    private static byte[] CreateByteLevelTokenizerJson()
    {
        JsonObject vocabulary = [];
        for (int id = 0; id < 262; id++) vocabulary[ByteLevelTokens[id]] = id;
        JsonArray added = [.. Enumerable.Range(262, 4).Select(id => (JsonNode)new JsonObject { ["id"] = id, ["content"] = ByteLevelTokens[id], ["special"] = id < 265 })];
        JsonArray steps =
        [
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = new WordPattern(1).Expression }, ["behavior"] = "Isolated", ["invert"] = false },
            new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false },
        ];
        JsonObject root = new()
        {
            ["added_tokens"] = added,
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps },
            ["model"] = new JsonObject { ["type"] = "BPE", ["ignore_merges"] = true, ["merges"] = new JsonArray([.. Merges.Select(merge => (JsonNode)merge)]), ["vocab"] = vocabulary },
        };
        return Encoding.UTF8.GetBytes(root.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }
}
