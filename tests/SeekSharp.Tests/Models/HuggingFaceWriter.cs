using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using SeekSharp.Formats;
using Architecture = SeekSharp.Formats.Architecture;

namespace SeekSharp.Tests.Models;

/// <summary>Writes a GGUF model as the Hugging Face folder that it would have come from: config.json and model.safetensors.</summary>
internal sealed class HuggingFaceWriter
{
    private const int BlockSize = 128;

    /// <summary>GGUF's names behind "blk.N." and Hugging Face's behind "model.layers.N.", written down apart from the library's own table.</summary>
    private static readonly Dictionary<string, string> LayerNames = new()
    {
        ["attn_norm.weight"] = "input_layernorm.weight",
        ["ffn_norm.weight"] = "post_attention_layernorm.weight",
        ["attn_q.weight"] = "self_attn.q_proj.weight",
        ["attn_k.weight"] = "self_attn.k_proj.weight",
        ["attn_v.weight"] = "self_attn.v_proj.weight",
        ["attn_q.bias"] = "self_attn.q_proj.bias",
        ["attn_k.bias"] = "self_attn.k_proj.bias",
        ["attn_v.bias"] = "self_attn.v_proj.bias",
        ["attn_q_norm.weight"] = "self_attn.q_norm.weight",
        ["attn_k_norm.weight"] = "self_attn.k_norm.weight",
        ["attn_output.weight"] = "self_attn.o_proj.weight",
        ["attn_q_a.weight"] = "self_attn.q_a_proj.weight",
        ["attn_q_a_norm.weight"] = "self_attn.q_a_layernorm.weight",
        ["attn_q_b.weight"] = "self_attn.q_b_proj.weight",
        ["attn_kv_a_mqa.weight"] = "self_attn.kv_a_proj_with_mqa.weight",
        ["attn_kv_a_norm.weight"] = "self_attn.kv_a_layernorm.weight",
        ["ffn_gate.weight"] = "mlp.gate_proj.weight",
        ["ffn_up.weight"] = "mlp.up_proj.weight",
        ["ffn_down.weight"] = "mlp.down_proj.weight",
        ["ffn_gate_inp.weight"] = "mlp.gate.weight",
        ["exp_probs_b.bias"] = "mlp.gate.e_score_correction_bias",
        ["ffn_gate_exps.weight"] = "mlp.experts.{0}.gate_proj.weight",
        ["ffn_up_exps.weight"] = "mlp.experts.{0}.up_proj.weight",
        ["ffn_down_exps.weight"] = "mlp.experts.{0}.down_proj.weight",
        ["ffn_gate_shexp.weight"] = "mlp.shared_experts.gate_proj.weight",
        ["ffn_up_shexp.weight"] = "mlp.shared_experts.up_proj.weight",
        ["ffn_down_shexp.weight"] = "mlp.shared_experts.down_proj.weight",
    };

    private readonly ModelConfig _config;
    private readonly Dictionary<string, FloatTensor> _tensors = [];

    public HuggingFaceWriter(ModelFile file)
    {
        _config = file.Config;
        foreach (Tensor tensor in file.Tensors) Add(file, tensor);
    }

    private sealed record FloatTensor(int[] Shape, float[] Values);

    /// <summary>How weights are stored.</summary>
    public enum Storage
    {
        Float32,
        BFloat16,
        /// <summary>DeepSeek's FP8: matrices of the layers, except the router, in E4M3 with a scale per 128 x 128 block.</summary>
        Float8,
        /// <summary>The values of <see cref="Float8"/>, written out in float32.</summary>
        Float8AsFloat32,
    }

    public void Write(string folder, Storage storage, JsonObject? rotaryScaling)
    {
        Directory.CreateDirectory(folder);
        JsonObject config = Config(rotaryScaling);
        if (storage == Storage.Float8)
        {
            config["quantization_config"] = new JsonObject
            {
                ["activation_scheme"] = "dynamic", ["fmt"] = "e4m3", ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(BlockSize, BlockSize),
            };
        }

        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        WriteSafetensors(Path.Combine(folder, "model.safetensors"), _tensors.SelectMany(pair => Encode(pair.Key, pair.Value, storage)));
    }

    private unsafe void Add(ModelFile file, Tensor tensor)
    {
        if (tensor.Name == "rope_freqs.weight") return; // config.json has the numbers that it was computed from
        var floats = new FloatTensor([.. tensor.Shape], new ReadOnlySpan<float>((float*)tensor.Data, checked((int)tensor.ElementCount)).ToArray());
        Assert.Equal(TensorType.F32, tensor.Type);
        switch (tensor.Name)
        {
            case "token_embd.weight": _tensors["model.embed_tokens.weight"] = floats; return;
            case "output_norm.weight": _tensors["model.norm.weight"] = floats; return;
            case "output.weight": _tensors["lm_head.weight"] = floats; return;
        }

        string[] parts = tensor.Name.Split('.', 3);
        string layer = $"model.layers.{parts[1]}.";
        switch (parts[2])
        {
            case "attn_k_b.weight": return; // joined with v_b
            case "attn_v_b.weight":
                _tensors[layer + "self_attn.kv_b_proj.weight"] = JoinKeysAndValues(file, $"blk.{parts[1]}.attn_k_b.weight", floats);
                return;
            case "attn_q.weight" or "attn_k.weight" when _config.Architecture == Architecture.Llama:
                floats = Unpermute(floats, _config.HeadDimension);
                break;
        }

        string name = layer + LayerNames[parts[2]];
        if (!name.Contains("{0}", StringComparison.Ordinal))
        {
            _tensors[name] = floats;
            return;
        }

        int size = floats.Shape[1] * floats.Shape[2];
        for (int expert = 0; expert < floats.Shape[0]; expert++)
        {
            _tensors[name.Replace("{0}", $"{expert}", StringComparison.Ordinal)] =
                new FloatTensor(floats.Shape[1..], floats.Values.AsSpan(expert * size, size).ToArray());
        }
    }

    /// <summary>k_b [heads, rank, nope] and v_b [heads, value, rank] as one matrix [heads x (nope + value), rank].</summary>
    private static unsafe FloatTensor JoinKeysAndValues(ModelFile file, string keyName, FloatTensor values)
    {
        Tensor keys = file.Find(keyName)!;
        float* key = (float*)keys.Data;
        int heads = keys.Shape[0], rank = keys.Shape[1], nope = keys.Shape[2], value = values.Shape[1];
        var joined = new List<float>();
        for (int head = 0; head < heads; head++)
        {
            for (int row = 0; row < nope; row++)
                for (int column = 0; column < rank; column++) joined.Add(key[(head * rank + column) * nope + row]);
            joined.AddRange(values.Values.AsSpan(head * value * rank, value * rank));
        }

        return new FloatTensor([heads * (nope + value), rank], [.. joined]);
    }

    /// <summary>llama.cpp's converter makes the RoPE partners i and i + half of each head neighbours: rows 2i and 2i + 1. This puts them back.</summary>
    private static FloatTensor Unpermute(FloatTensor matrix, int headDimension)
    {
        int columns = matrix.Shape[1], half = headDimension / 2;
        var values = new float[matrix.Values.Length];
        for (int row = 0; row < matrix.Shape[0]; row++)
        {
            (int head, int within) = Math.DivRem(row, headDimension);
            int source = head * headDimension + within % half * 2 + within / half;
            matrix.Values.AsSpan(source * columns, columns).CopyTo(values.AsSpan(row * columns));
        }

        return matrix with { Values = values };
    }

    private static IEnumerable<(string Name, string Type, int[] Shape, byte[] Data)> Encode(string name, FloatTensor tensor, Storage storage)
    {
        bool isQuantised = storage is Storage.Float8 or Storage.Float8AsFloat32 && tensor.Shape.Length == 2
            && name.Contains(".layers.", StringComparison.Ordinal) && !name.EndsWith("mlp.gate.weight", StringComparison.Ordinal);
        if (isQuantised)
        {
            (byte[] codes, float[] scales, int[] scaleShape, float[] values) = Float8Codec.Encode(tensor.Values, tensor.Shape[0], tensor.Shape[1], BlockSize);
            return storage == Storage.Float8AsFloat32
                ? [(name, "F32", tensor.Shape, Bytes(values))]
                : [(name, "F8_E4M3", tensor.Shape, codes), (name + "_scale_inv", "F32", scaleShape, Bytes(scales))];
        }

        return storage == Storage.BFloat16
            ? [(name, "BF16", tensor.Shape, [.. tensor.Values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))])]
            : [(name, "F32", tensor.Shape, Bytes(tensor.Values))];
    }

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private static void WriteSafetensors(string path, IEnumerable<(string Name, string Type, int[] Shape, byte[] Data)> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        using var data = new MemoryStream();
        foreach ((string name, string type, int[] shape, byte[] bytes) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(length => (JsonNode)length)]),
                ["data_offsets"] = new JsonArray(data.Length, data.Length + bytes.Length),
            };
            data.Write(bytes);
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        int padding = (8 - json.Length % 8) % 8;
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length + padding);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(json);
        file.Write([.. Enumerable.Repeat((byte)' ', padding)]);
        data.WriteTo(file);
    }

    private JsonObject Config(JsonObject? rotaryScaling)
    {
        var json = new JsonObject
        {
            ["vocab_size"] = _config.VocabularySize,
            ["hidden_size"] = _config.HiddenSize,
            ["intermediate_size"] = _config.FeedForwardSize,
            ["num_hidden_layers"] = _config.LayerCount,
            ["num_attention_heads"] = _config.HeadCount,
            ["num_key_value_heads"] = _config.KeyValueHeadCount,
            ["max_position_embeddings"] = _config.ContextLength,
            ["rms_norm_eps"] = Shortest(_config.NormEpsilon),
            ["rope_theta"] = Shortest(_config.RotaryBase),
            ["rope_scaling"] = rotaryScaling?.DeepClone(),
            ["tie_word_embeddings"] = _config.TiedEmbeddings,
            ["hidden_act"] = "silu",
            ["torch_dtype"] = "float32",
        };
        switch (_config.Architecture)
        {
            case Architecture.DeepSeek: AddDeepSeek(json); break;
            case Architecture.Qwen2: Family(json, "qwen2", "Qwen2ForCausalLM"); break;
            case Architecture.Qwen3: Family(json, "qwen3", "Qwen3ForCausalLM"); break;
            default: Family(json, "llama", "LlamaForCausalLM"); break;
        }

        return json;
    }

    private void Family(JsonObject json, string type, string implementation)
    {
        json["model_type"] = type;
        json["architectures"] = new JsonArray(implementation);
        // Qwen2's configs have no head_dim: it is hidden / heads.
        if (_config.Architecture != Architecture.Qwen2) json["head_dim"] = _config.HeadDimension;
        if (_config.Architecture != Architecture.Qwen2) json["attention_bias"] = false;
        if (_config.Architecture != Architecture.Llama) json["use_sliding_window"] = false;
    }

    private void AddDeepSeek(JsonObject json)
    {
        (LatentAttentionConfig latent, MixtureOfExpertsConfig moe) = (_config.LatentAttention!, _config.MixtureOfExperts!);
        bool isV3 = moe.Score == RouterScore.Sigmoid;
        json["model_type"] = isV3 ? "deepseek_v3" : "deepseek_v2";
        json["architectures"] = new JsonArray(isV3 ? "DeepseekV3ForCausalLM" : "DeepseekV2ForCausalLM");
        json["attention_bias"] = false;
        json["q_lora_rank"] = latent.QueryRank > 0 ? latent.QueryRank : null;
        json["kv_lora_rank"] = latent.KeyValueRank;
        json["qk_nope_head_dim"] = latent.NopeDimension;
        json["qk_rope_head_dim"] = latent.RotaryDimension;
        json["v_head_dim"] = latent.ValueDimension;
        json["n_routed_experts"] = moe.ExpertCount;
        json["n_shared_experts"] = moe.SharedExpertCount;
        json["num_experts_per_tok"] = moe.ExpertsPerToken;
        json["moe_intermediate_size"] = moe.ExpertWidth;
        json["moe_layer_freq"] = 1;
        json["first_k_dense_replace"] = moe.LeadingDenseLayers;
        json["norm_topk_prob"] = moe.NormalizeWeights;
        json["routed_scaling_factor"] = Shortest(moe.WeightScale);
        json["scoring_func"] = isV3 ? "sigmoid" : "softmax";
        json["topk_method"] = isV3 ? "noaux_tc" : "greedy";
        json["n_group"] = moe.GroupCount;
        json["topk_group"] = moe.GroupsPerToken;
    }

    /// <summary>The number as a person writes it: 0.0707 rather than the float's 0.07069999724626541.</summary>
    private static JsonNode Shortest(float value) => JsonNode.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture))!;
}
