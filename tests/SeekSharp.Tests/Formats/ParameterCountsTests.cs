using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Parameter counts of published models, from their configurations alone.</summary>
public sealed class ParameterCountsTests
{
    [Theory]
    [InlineData(PublishedConfigs.DeepSeekV3, 671_026_419_200, 37_552_297_472)]
    [InlineData(PublishedConfigs.DeepSeekV2, 235_741_434_880, 21_375_800_320)]
    [InlineData(PublishedConfigs.DeepSeekV2Lite, 15_706_484_224, 2_661_150_208)]
    [InlineData(PublishedConfigs.KimiK2, 1_026_408_232_448, 32_861_500_928)]
    [InlineData(PublishedConfigs.Moonlight, 15_960_110_208, 2_914_776_192)]
    [InlineData(PublishedConfigs.Qwen2, 1_777_088_000, 1_777_088_000)]
    [InlineData(PublishedConfigs.Qwen3, 596_049_920, 596_049_920)]
    [InlineData(PublishedConfigs.Llama, 8_030_261_248, 8_030_261_248)]
    public void Published_models_have_their_published_sizes(string json, long total, long active)
    {
        ParameterCounts counts = Count(json);
        Assert.Equal((total, active), (counts.Total, counts.Active));
    }

    [Fact]
    public void Parts_of_deepseek_v3()
    {
        ParameterCounts counts = Count(PublishedConfigs.DeepSeekV3);
        Assert.Equal((926_679_040, 926_679_040), (counts.Embedding, counts.OutputHead));
        Assert.Equal((187_107_328, 44_040_192, 44_040_192), (counts.AttentionPerLayer, counts.Expert, counts.SharedExperts));
        Assert.Equal(256 * 7168 + 256, counts.Router);
        // 11.61 B of its own, 13.46 B with the embedding and head that it shares
        Assert.Equal(11_610_068_224, counts.MultiTokenPrediction);
        Assert.Equal(13_463_426_304, counts.MultiTokenPrediction + counts.Embedding + counts.OutputHead);
    }

    [Fact]
    public void A_file_holds_as_many_numbers_as_its_configuration_asks_for()
    {
        foreach (string name in new[] { "tiny-v3-F32.gguf", "stories260K.gguf" })
        {
            using ModelFile file = ModelFile.Open(Fixtures.Path(name));
            Assert.Equal(file.Tensors.Sum(tensor => tensor.ElementCount), ParameterCounts.Of(file.Config).Total);
        }
    }

    private static ParameterCounts Count(string json) => ParameterCounts.Of(HuggingFaceConfig.Read("config.json", json, ""));
}
