using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class InspectTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    // DeepSeek-V3's published config.json, the keys that matter.
    private const string DeepSeekV3 = """
        {
          "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_act": "silu", "hidden_size": 7168,
          "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840, "moe_intermediate_size": 2048, "moe_layer_freq": 1,
          "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1, "first_k_dense_replace": 3, "norm_topk_prob": true,
          "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128, "num_nextn_predict_layers": 1,
          "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "rms_norm_eps": 1e-06,
          "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
                           "original_max_position_embeddings": 4096, "type": "yarn"},
          "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "tie_word_embeddings": false, "topk_group": 4,
          "topk_method": "noaux_tc", "v_head_dim": 128, "vocab_size": 129280
        }
        """;

    [Fact]
    public void Counts_the_parameters_of_a_configuration_alone()
    {
        string path = models.PathOf("config.json");
        File.WriteAllText(path, DeepSeekV3);
        var root = Inspect(path);
        var parameters = root.GetProperty("parameters");
        Assert.Equal(671_026_419_200, parameters.GetProperty("total").GetInt64());
        Assert.Equal(37_552_297_472, parameters.GetProperty("active").GetInt64());
        Assert.InRange(parameters.GetProperty("mtp").GetInt64(), 11_500_000_000, 11_700_000_000);
        Assert.Equal(576 * 61 * 2, root.GetProperty("memory").GetProperty("kv_bytes_per_token").GetInt64());
        Assert.Equal(3, root.GetProperty("memory").GetProperty("needs").GetArrayLength());
    }

    [Fact]
    public void Tells_what_a_file_holds()
    {
        var root = Inspect(models.Model, "--tensors", "--context", "100", "--kv", "f32");
        Assert.Equal("llama", root.GetProperty("architecture").GetString());
        Assert.Equal("tiny llama", root.GetProperty("metadata").GetProperty("general.name").GetString());
        Assert.Equal(12, root.GetProperty("tensors").GetArrayLength());
        var types = Assert.Single(root.GetProperty("tensor_types").EnumerateArray());
        long elements = types.GetProperty("elements").GetInt64();
        Assert.Equal(root.GetProperty("parameters").GetProperty("total").GetInt64(), elements);
        Assert.Equal(elements * 4, types.GetProperty("bytes").GetInt64());
        var need = Assert.Single(root.GetProperty("memory").GetProperty("needs").EnumerateArray());
        Assert.Equal(100 * 2 * 32 * 4, need.GetProperty("kv_bytes").GetInt64());
        Assert.True(need.GetProperty("fits").GetBoolean());
    }

    [Fact]
    public void A_person_reads_tables()
    {
        string text = SeekProcess.Run("inspect", models.Model, "--tensors").RequireSuccess();
        Assert.Contains("tiny llama", text, StringComparison.Ordinal);
        Assert.Contains("blk.0.attn_q.weight", text, StringComparison.Ordinal);
        Assert.Contains("fits", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        string noModel = models.PathOf("no-model.gguf"), badJson = models.PathOf("bad.json"), cut = models.PathOf("cut.gguf");
        File.WriteAllText(noModel, "This is not a model.");
        File.WriteAllText(badJson, "{ \"hidden_size\": ");
        File.WriteAllBytes(cut, File.ReadAllBytes(models.Model)[..5000]);
        SeekProcess.Run("inspect", models.PathOf("absent.gguf")).RequireFailure("absent.gguf");
        SeekProcess.Run("inspect", noModel).RequireFailure("no-model.gguf");
        SeekProcess.Run("inspect", badJson).RequireFailure("bad.json");
        SeekProcess.Run("inspect", cut).RequireFailure("cut.gguf");
        SeekProcess.Run("inspect", Directory.CreateDirectory(models.PathOf("empty")).FullName).RequireFailure("empty");
        SeekProcess.Run("inspect").RequireFailure("--help");
        foreach (string command in new[] { "run", "tokenize", "bench" }) SeekProcess.Run(command, "-m", noModel).RequireFailure("no-model.gguf");
    }

    private static JsonElement Inspect(params string[] arguments) =>
        JsonDocument.Parse(SeekProcess.Run(["inspect", .. arguments, "--json"]).RequireSuccess()).RootElement;
}
