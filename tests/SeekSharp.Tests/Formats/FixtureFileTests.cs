using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Files that llama.cpp's tools wrote.</summary>
public sealed class FixtureFileTests
{
    [Fact]
    public void Tiny_v3_has_the_configuration_that_its_maker_gave_it()
    {
        using ModelFile file = ModelFile.Open(Fixtures.Path("tiny-v3-F32.gguf"));
        ModelConfig config = file.Config;
        Assert.Equal(Architecture.DeepSeek, config.Architecture);
        Assert.Equal("tiny-v3", config.Name);
        Assert.Equal((4, 0), (config.LayerCount, config.PredictionLayerCount));
        Assert.Equal((256, 768, 512), (config.HiddenSize, config.FeedForwardSize, config.VocabularySize));
        Assert.Equal((4, 4, 192), (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension));
        Assert.Equal(new LatentAttentionConfig(256, 512, 128, 64, 128), config.LatentAttention);
        Assert.Equal(
            new MixtureOfExpertsConfig
            {
                ExpertCount = 16, ExpertsPerToken = 4, SharedExpertCount = 1, ExpertWidth = 256, LeadingDenseLayers = 1,
                Score = RouterScore.Sigmoid, NormalizeWeights = true, WeightScale = 2.5f, GroupCount = 4, GroupsPerToken = 2, HasSelectionBias = true,
            },
            config.MixtureOfExperts);
        Assert.Equal(new RotaryScaling.Yarn(40, 4096, 32, 1, 0.1f, 1), config.RotaryScaling);
        Assert.Equal(RotaryPairing.Interleaved, config.RotaryPairing);
        Assert.False(config.TiedEmbeddings);
    }

    [Fact]
    public void Stories_is_a_llama()
    {
        using ModelFile file = ModelFile.Open(Fixtures.Path("stories260K.gguf"));
        ModelConfig config = file.Config;
        Assert.Equal(Architecture.Llama, config.Architecture);
        Assert.Equal((5, 64, 172, 512), (config.LayerCount, config.HiddenSize, config.FeedForwardSize, config.VocabularySize));
        Assert.Equal((8, 4, 8), (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension));
        Assert.Null(config.RotaryScaling);
    }

    [Theory]
    [InlineData("Q8_0")]
    [InlineData("Q6_K")]
    [InlineData("Q4_K_M")]
    public void Quantised_files_hold_the_weights_of_the_float_file(string type)
    {
        using ModelFile exact = ModelFile.Open(Fixtures.Path("tiny-v3-F32.gguf"));
        using ModelFile quantised = ModelFile.Open(Fixtures.Path($"tiny-v3-{type}.gguf"));
        Assert.Equal(exact.Tensors.Count, quantised.Tensors.Count);
        foreach (Tensor tensor in quantised.Tensors)
        {
            float[] expected = Read(exact.Find(tensor.Name)!);
            float[] actual = Read(tensor);
            double error = 0, power = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                error += Math.Pow(expected[i] - actual[i], 2);
                power += Math.Pow(expected[i], 2);
            }

            double relative = Math.Sqrt(error / power);
            Assert.True(relative <= BoundOf(tensor.Type), $"{tensor.Name} ({tensor.Type}): {relative}");
        }
    }

    /// <summary>Relative RMS error of the quantiser on gaussian weights: measured 0.0054, 0.0178, 0.0428 and 0.0716 at most.</summary>
    private static double BoundOf(TensorType type) => type switch
    {
        TensorType.F32 => 0,
        TensorType.Q8_0 => 0.0056,
        TensorType.Q6_K => 0.0185,
        TensorType.Q5_0 => 0.0445,
        TensorType.Q4_K => 0.0745,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no bound"),
    };

    private static float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }
}
