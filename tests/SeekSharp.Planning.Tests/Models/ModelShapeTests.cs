using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Tests.Models;

public sealed class ModelShapeTests
{
    // reference/deepseek.md §1.2: exact.
    [Theory]
    [InlineData("DeepSeek-V3", 671_026_419_200, 37_552_297_472)]
    [InlineData("DeepSeek-V2", 235_741_434_880, 21_375_800_320)]
    [InlineData("V2-Lite", 15_706_484_224, 2_661_150_208)]
    [InlineData("Kimi-K2", 1_026_408_232_448, 32_861_500_928)]
    [InlineData("Moonlight", 15_960_110_208, 2_914_776_192)]
    public void Counts_parameters_exactly(string name, long total, long active)
    {
        ModelShape model = ModelCatalog.Find(name);
        Assert.Equal(total, model.Parameters.Total);
        Assert.Equal(active, model.Parameters.Active);
    }

    [Fact]
    public void Counts_the_parts_of_V3_exactly()
    {
        ModelShape model = ModelCatalog.Find("deepseek v3"); // §1.2: MLA 187,107,328 a layer, expert 44,040,192, embedding 926,679,040
        Assert.Equal(187_107_328, model.Parameters.AttentionPerLayer);
        Assert.Equal(44_040_192, model.Parameters.Expert);
        Assert.Equal(926_679_040, model.Parameters.Embedding);
        Assert.Equal(36.63, model.ActiveWithoutEmbedding / 1e9, 0.01); // README_WEIGHTS: 36.7B
    }

    [Fact]
    public void Counts_multi_token_prediction()
    {
        ModelShape model = ModelCatalog.Find("DeepSeek-V3"); // §1.2: 11.61B alone, 13.46B and 2.54B active with the shared embedding and head; 685B together on Hugging Face
        long shared = model.Parameters.Embedding + model.Parameters.OutputHead;
        Assert.Equal(11.61, model.Parameters.MultiTokenPrediction / 1e9, 0.005);
        Assert.Equal(13.46, (model.Parameters.MultiTokenPrediction + shared) / 1e9, 0.005);
        Assert.Equal(2.54, (model.PredictionActive + shared) / 1e9, 0.005);
        Assert.Equal(684.5, (model.TotalWithPrediction + shared) / 1e9, 0.1);
        Assert.Equal(model.Parameters.Active + model.PredictionActive, model.ActiveWithPrediction);
    }

    // reference/deepseek.md §2.2 (arXiv 2505.09343, table 1; V2 and V2-Lite by the same count): exact.
    [Theory]
    [InlineData("DeepSeek-V3", 70_272)]
    [InlineData("DeepSeek-V2", 69_120)]
    [InlineData("DeepSeek-V2-Lite", 31_104)]
    [InlineData("Qwen2.5-72B", 327_680)]
    [InlineData("Llama-3.1-405B", 516_096)]
    public void Counts_bytes_of_the_cache_exactly(string name, double bytes) => Assert.Equal(bytes, ModelCatalog.Find(name).CacheBytesPerToken());

    [Fact]
    public void V2_keeps_6_7_percent_of_the_cache_of_DeepSeek_67B() // V2, abstract: -93.3% (with 6 bits a value as §3.2.3 deploys it, -98%; the abstract counts elements)
    {
        double share = ModelCatalog.Find("DeepSeek-V2").CacheBytesPerToken() / ModelCatalog.Find("DeepSeek-67B").CacheBytesPerToken();
        Assert.Equal(0.178, share, 0.001); // 69,120 / 389,120 in BF16: the published figure has 6 bits a value, 0.178 x 6 / 16 = 0.067
        Assert.Equal(0.067, share * 6 / 16, 0.001);
    }

    [Theory]
    [InlineData("DeepSeek-67B", 67.4)] // arXiv 2401.02954: 67B
    [InlineData("DeepSeek-7B", 6.9)]
    [InlineData("Qwen2.5-72B", 72.7)] // arXiv 2412.15115: 72.7B
    [InlineData("Llama-3.1-405B", 405.9)]
    [InlineData("Llama-3.1-70B", 70.6)]
    public void Dense_models_have_the_size_of_their_names(string name, double billions) => Assert.Equal(billions, ModelCatalog.Find(name).Parameters.Total / 1e9, 0.05);

    [Fact]
    public void Work_of_V3_is_six_operations_a_parameter_and_attention()
    {
        ModelShape model = ModelCatalog.Find("V3");
        TokenWork work = TokenWork.Of(model, 4096, withPrediction: false);
        double weights = work.Matrices + work.HighPrecision;
        Assert.Equal(1, weights / (2.0 * model.ActiveWithoutEmbedding), 1e-4); // all but norms and selection biases
        Assert.Equal(61.0 * 128 * (192 + 128) * 4097, work.Attention, 1); // 2 x heads x (query + value) x half the sequence, in 61 layers
        Assert.Equal(3 * (weights + work.Attention), work.ModelOperations);
        Assert.Equal((2 * weights) + (2.5 * work.Attention), work.Backward);
        TokenWork longer = TokenWork.Of(model, 131_072, withPrediction: false);
        Assert.Equal(131_073.0 / 4097, longer.Attention / work.Attention, 1e-9);
        Assert.Equal(work.Matrices, longer.Matrices);
    }

    [Fact]
    public void Work_of_multi_token_prediction_is_one_more_layer_and_head()
    {
        ModelShape model = ModelCatalog.Find("V3");
        TokenWork without = TokenWork.Of(model, 4096, false), with = TokenWork.Of(model, 4096, true);
        double more = with.Matrices + with.HighPrecision - without.Matrices - without.HighPrecision;
        Assert.Equal(2.0 * (model.PredictionActive + model.Parameters.OutputHead), more, 1e6); // norms are not multiplied
        Assert.Equal(62.0 / 61, with.Attention / without.Attention, 1e-9);
    }

    [Fact]
    public void An_unknown_model_gets_the_nearest_names()
    {
        PlanningException exception = Assert.Throws<PlanningException>(() => ModelCatalog.Find("DeepSeek-V5"));
        Assert.Contains("DeepSeek-V3", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_like_the_library_does()
    {
        string path = Path.Combine(Path.GetTempPath(), $"seek-plan-{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllText(path, "{ \"model_type\": \"llama\" }");
            Assert.Contains("hidden_size", Assert.Throws<PlanningException>(() => ModelCatalog.Find(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, """
                { "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                  "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "vocab_size": 256 }
                """);
            Assert.Equal(2 * 2 * 2 * 16 * 2, ModelCatalog.Find(path).CacheBytesPerToken());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
