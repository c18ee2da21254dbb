using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

public sealed class HuggingFaceFolderTests : IDisposable
{
    private const string SmallDeepSeek = """
        {
          "model_type": "deepseek_v3", "hidden_size": 8, "intermediate_size": 16, "moe_intermediate_size": 4, "num_hidden_layers": 2,
          "first_k_dense_replace": 1, "num_attention_heads": 2, "kv_lora_rank": 4, "qk_nope_head_dim": 4, "qk_rope_head_dim": 2, "v_head_dim": 4,
          "n_routed_experts": 2, "n_shared_experts": 1, "num_experts_per_tok": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-6,
          "num_nextn_predict_layers": 1, "vocab_size": 4, "eos_token_id": 1,
          "quantization_config": {"quant_method": "fp8", "weight_block_size": [2, 3]}
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_are_found_under_the_names_of_gguf()
    {
        SafetensorsBuilder weights = new SafetensorsBuilder().AddEntry("\"__metadata__\":{\"format\":\"pt\"}")
            .Add("model.embed_tokens.weight", [2, 2], 1, 2, 3, 4)
            .Add("model.layers.1.mlp.experts.0.down_proj.weight", [1, 2], 5, 6)
            .Add("model.layers.1.mlp.experts.1.down_proj.weight", [1, 2], 7, 8)
            .Add("model.layers.1.input_layernorm.weight", "BF16", [2], [0x80, 0x3F, 0x00, 0xC0])
            .Add("model.norm.weight", "F16", [1], [0x00, 0x3C]);
        using HuggingFaceFolder file = OpenWith(weights.ToBytes());
        Assert.Equal([1f, 2, 3, 4], Read(file.Find("token_embd.weight")!));
        Assert.Equal([7f, 8], Read(file.Find("blk.1.ffn_down_exps.weight", expert: 1)!));
        Assert.Equal([1f, -2], Read(file.Find("blk.1.attn_norm.weight")!));
        Assert.Equal([1f], Read(file.Find("output_norm.weight")!));
        Assert.Null(file.Find("output.weight"));
        Assert.Null(file.Find("blk.1.ffn_down_exps.weight"));
        Assert.Null(file.Find("blk.0.ffn_down_exps.weight", expert: 0));
        Assert.Contains("no expert 2", Assert.Throws<ModelFormatException>(() => file.Find("blk.1.ffn_down_exps.weight", 2)).Message, StringComparison.Ordinal);
        file.Release(file.Find("token_embd.weight")!);
        Assert.Equal([1f, 2, 3, 4], Read(file.Find("token_embd.weight")!));
        Assert.Equal(new FileInfo(Path.Combine(_folder.Path, "model.safetensors")).Length, file.ByteCount);
    }

    [Fact]
    public void Fp8_weights_carry_the_scale_of_their_block()
    {
        // 3 x 5 in blocks of 2 x 3: the last row and the last two columns are ragged blocks; 0x38 is 1.0, 0xC0 is -2.0
        byte[] codes = [0x38, 0x38, 0x38, 0x38, 0xC0, 0x38, 0x38, 0x38, 0x38, 0x38, 0x38, 0x38, 0xC0, 0x38, 0x38];
        SafetensorsBuilder weights = new SafetensorsBuilder()
            .Add("model.layers.0.self_attn.o_proj.weight", "F8_E4M3", [3, 5], codes)
            .Add("model.layers.0.self_attn.o_proj.weight_scale_inv", [2, 2], 1, 10, 100, 1000);
        using HuggingFaceFolder file = OpenWith(weights.ToBytes());
        Tensor tensor = file.Find("blk.0.attn_output.weight")!;
        Assert.Equal(TensorType.F8E4M3, tensor.Type);
        Assert.Equal([1f, 1, 1, 10, -20, 1, 1, 1, 10, 10, 100, 100, -200, 1000, 1000], Read(tensor));
        Assert.Equal((2, 3), (tensor.Scales!.BlockRows, tensor.Scales.BlockColumns));
    }

    [Theory]
    [InlineData("F32", 2, 3, "is F32 [2, 3], not F32 [2, 2]")]
    [InlineData("BF16", 2, 2, "is BF16 [2, 2], not F32 [2, 2]")]
    public void Fp8_scales_must_fit(string type, int rows, int columns, string expected)
    {
        SafetensorsBuilder weights = new SafetensorsBuilder().Add("a.weight", "F8_E4M3", [3, 5], new byte[15])
            .Add("a.weight_scale_inv", type, [rows, columns], new byte[rows * columns * (type == "F32" ? 4 : 2)]);
        Refuses(weights.ToBytes(), expected);
    }

    [Fact]
    public void Fp8_without_scales_is_refused()
    {
        Refuses(new SafetensorsBuilder().Add("a.weight", "F8_E4M3", [3, 5], new byte[15]).ToBytes(), "'a.weight_scale_inv' is missing");
        Refuses(new SafetensorsBuilder().Add("a.weight", "F8_E4M3", [15], new byte[15]).ToBytes(), "FP8 but not a matrix");
    }

    [Fact]
    public void Shards_are_joined_and_scales_may_lie_in_another()
    {
        WriteShards("""{"weight_map": {"a.weight": "model-1.safetensors", "a.weight_scale_inv": "model-2.safetensors", "lm_head.weight": "model-2.safetensors"}}""");
        using ModelFile file = ModelFile.Open(_folder.Path);
        Assert.Equal(3, file.Tensors.Count);
        Assert.Equal([3f], Read(file.Tensors.Single(tensor => tensor.Name == "a.weight")));
        Assert.Equal([7f], Read(file.Find("output.weight")!));
    }

    [Theory]
    [InlineData("""{"weight_map": {"lm_head.weight": "../model-2.safetensors"}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": "sub/model-2.safetensors"}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": "C:\\model-2.safetensors"}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": ".."}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": "\ud800"}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": 3}}""", "not mapped to a file of the folder")]
    [InlineData("""{"weight_map": {"lm_head.weight": "model-3.safetensors"}}""", "the file 'model-3.safetensors' is missing")]
    [InlineData("""{"weight_map": {"lm_head.weight": "model-1.safetensors"}}""", "tensor 'lm_head.weight', which the index promises, is not there")]
    [InlineData("""{"weight_map": []}""", "'weight_map' is not an object")]
    [InlineData("""{}""", "'weight_map' is missing")]
    [InlineData("""[""", "is not JSON")]
    [InlineData("""{"weight_map": {"a.weight": "model-1.safetensors"}}""", "'a.weight_scale_inv' is missing")]
    public void Indexes_that_lie_are_refused(string index, string expected)
    {
        WriteShards(index);
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => ModelFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> HostileEntries => new()
    {
        { "\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}", "tensor 'a' has the type 'I32', which is not supported" },
        { "\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}", "tensor 'a' has the type ''" },
        { "\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", "tensor 'a' has no shape" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1]}", "tensor 'a' has no pair of offsets" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}", "tensor 'a' has no pair of offsets" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e99]}", "tensor 'a' has no pair of offsets" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}", "lies at bytes -4 to 0" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", "lies at bytes 4 to 0" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}", "lies at bytes 0 to 16 of 8" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775800,9223372036854775804]}", "the file is cut off or damaged" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}", "has 4 bytes where its shape asks for 8" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", "a dimension that is not a length" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}", "a dimension that is not a length" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}", "more elements than any file can hold" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}", "has 9 dimensions" },
        { "\"a\":[]", "tensor 'a' is not described by an object" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}", "tensor 'a' is there twice" },
        { "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}", "tensors 'a' and 'b' overlap" },
        { "\"a\\u0007\":{}", "name is empty or has control characters" },
        { "\"\\ud800\":{}", "header that is not JSON" },
        { "\"a\":{\"dtype\":\"\\ud800\"}", "tensor 'a' has the type ''" },
        { "\"a\":" + new string('[', 1000), "header that is not JSON" },
    };

    [Theory]
    [MemberData(nameof(HostileEntries))]
    public void Headers_that_lie_are_refused(string entries, string expected) =>
        Refuses([.. new SafetensorsBuilder().AddEntry(entries).ToBytes(), .. new byte[8]], expected);

    [Fact]
    public void Lengths_that_lie_are_refused()
    {
        Refuses([1, 2, 3], "too short");
        Refuses([], "empty");
        Refuses(new SafetensorsBuilder { HeaderLength = 1UL << 63 }.ToBytes(), "a header of 9223372036854775808 bytes");
        Refuses(new SafetensorsBuilder { HeaderLength = 3 }.ToBytes(), "a header of 3 bytes, more than the 2");
        Refuses(new SafetensorsBuilder { HeaderLength = 1 }.ToBytes(), "not JSON");
        Refuses([2, 0, 0, 0, 0, 0, 0, 0, (byte)'[', (byte)']'], "not a JSON object");
    }

    [Fact]
    public void Texts_of_the_tokenizer_are_reachable()
    {
        using HuggingFaceFolder file = OpenWith(null);
        Assert.Empty(file.Tensors);
        Assert.Null(file.ReadText("tokenizer.json"));
        Assert.Null(file.ChatTemplate);
        Assert.Equal([1], file.EndOfTextTokens);
        _folder.Write("tokenizer.json", "{}");
        _folder.Write("generation_config.json", "{\"eos_token_id\": [3, 4]}");
        Assert.Equal("{}", file.ReadText("tokenizer.json"));
        Assert.Equal([3, 4], file.EndOfTextTokens);
        Assert.Throws<ArgumentException>(() => file.ReadText("../secret"));
    }

    [Theory]
    [InlineData("""{"chat_template": "T"}""", "T")]
    [InlineData("""{"chat_template": [{"name": "tool_use", "template": "U"}, {"name": "default", "template": "D"}]}""", "D")]
    [InlineData("""{"chat_template": null}""", null)]
    [InlineData("""{}""", null)]
    public void Chat_templates(string tokenizerConfig, string? expected)
    {
        _folder.Write("tokenizer_config.json", tokenizerConfig);
        using HuggingFaceFolder file = OpenWith(null);
        Assert.Equal(expected, file.ChatTemplate);
    }

    [Fact]
    public void A_template_in_its_own_file_wins()
    {
        _folder.Write("tokenizer_config.json", """{"chat_template": "T"}""");
        _folder.Write("chat_template.jinja", "own");
        using HuggingFaceFolder file = OpenWith(null);
        Assert.Equal("own", file.ChatTemplate);
    }

    [Fact]
    public void Weights_without_index_and_other_quantisations_are_refused()
    {
        _folder.Write("config.json", SmallDeepSeek);
        _folder.Write("pytorch_model.bin", "x");
        Assert.Contains("neither 'model.safetensors' nor", Assert.Throws<ModelFormatException>(() => ModelFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
        _folder.Write("config.json", SmallDeepSeek.Replace("\"fp8\"", "\"gptq\"", StringComparison.Ordinal));
        Assert.Contains("weights quantised with 'gptq'", Assert.Throws<ModelFormatException>(() => ModelFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
        _folder.Write("config.json", SmallDeepSeek.Replace("[2, 3]", "[0, 3]", StringComparison.Ordinal));
        Refuses(new SafetensorsBuilder().Add("a", "F8_E4M3", [1, 1], [0]).Add("a_scale_inv", [1, 1], 1).ToBytes(), "weight_block_size", writesConfig: false);
        _folder.Write("config.json", SmallDeepSeek.Replace("[2, 3]", "[2, 2147483647]", StringComparison.Ordinal));
        Refuses(new SafetensorsBuilder().Add("a", "F8_E4M3", [1, 1], [0]).Add("a_scale_inv", [1, 1], 1).ToBytes(), "weight_block_size", writesConfig: false);
    }

    [Fact]
    public void Configurations_are_read_without_weights()
    {
        string path = _folder.Write("config.json", PublishedConfigs.DeepSeekV3);
        Assert.Equal(61, ModelConfigReader.Read(path).LayerCount);
        Assert.Equal(Path.GetFileName(_folder.Path), ModelConfigReader.Read(_folder.Path).Name);
        Assert.Equal(2, ModelConfigReader.Read(_folder.Write("model.gguf", SmallModels.DeepSeek().ToBytes())).LayerCount);
        Assert.Throws<FileNotFoundException>(() => ModelConfigReader.Read(Path.Combine(_folder.Path, "none.json")));
        Assert.Throws<FileNotFoundException>(() => ModelConfigReader.Read(Path.Combine(_folder.Path, "none")));
        File.Delete(path);
        Assert.Throws<ModelFormatException>(() => ModelConfigReader.Read(_folder.Path));
    }

    private HuggingFaceFolder OpenWith(byte[]? weights, bool writesConfig = true)
    {
        if (writesConfig) _folder.Write("config.json", SmallDeepSeek);
        if (weights is not null) _folder.Write("model.safetensors", weights);
        return HuggingFaceFolder.Open(_folder.Path);
    }

    private void Refuses(byte[] weights, string expected, bool writesConfig = true) =>
        Assert.Contains(expected, Assert.Throws<ModelFormatException>(() => OpenWith(weights, writesConfig)).Message, StringComparison.Ordinal);

    private void WriteShards(string index)
    {
        _folder.Write("config.json", SmallDeepSeek);
        _folder.Write("model-1.safetensors", new SafetensorsBuilder().Add("a.weight", "F8_E4M3", [1, 1], [0x38]).ToBytes());
        _folder.Write("model-2.safetensors", new SafetensorsBuilder().Add("a.weight_scale_inv", [1, 1], 3).Add("lm_head.weight", [1], 7).ToBytes());
        _folder.Write("model.safetensors.index.json", index);
    }

    private static float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }
}
