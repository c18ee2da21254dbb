using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Models;

namespace SeekSharp.Tests.Inference;

/// <summary>Counted bytes and multiply-adds against the number of parameters, on a DeepSeek-V3 in float32: 3 layers, 8 experts, of which a token takes 3.</summary>
public sealed class StepTrafficTests
{
    private const int MixtureLayers = 2;

    [Fact]
    public void One_token_reads_the_active_parameters()
    {
        using ModelFile file = Open();
        ParameterCounts counts = ParameterCounts.Of(file.Config);
        Assert.Equal(sizeof(float) * (counts.Active - counts.Embedding + file.Config.HiddenSize), new StepTraffic(file).OneToken);
    }

    [Fact]
    public void Multiply_adds_are_those_of_the_matrices()
    {
        using ModelFile file = Open();
        ModelConfig config = file.Config;
        ParameterCounts counts = ParameterCounts.Of(config);
        LatentAttentionConfig latent = config.LatentAttention!;
        long norms = config.HiddenSize + config.LayerCount * (2L * config.HiddenSize + latent.QueryRank + latent.KeyValueRank);
        long biases = MixtureLayers * config.MixtureOfExperts!.ExpertCount;
        Assert.Equal(counts.Active - counts.Embedding - counts.OutputHead - norms - biases, new StepTraffic(file).MultiplyAdds);
    }

    [Fact]
    public void Several_tokens_read_each_chosen_expert_once()
    {
        using ModelFile file = Open();
        var traffic = new StepTraffic(file);
        long row = sizeof(float) * file.Config.HiddenSize, expert = sizeof(float) * ParameterCounts.Of(file.Config).Expert;
        RouterTrace first = Trace([0, 1, 2], [0, 1, 2]), second = Trace([2, 1, 0], [2, 3, 4]);
        Assert.Equal(traffic.OneToken, traffic.Average([first], 5, 2), 1e-3);
        // the same three in the first step; two more in the second
        Assert.Equal(traffic.OneToken + row + MixtureLayers * (0 + 2) / 2.0 * expert, traffic.Average([first, second], 5, 2), 1e-3);
    }

    /// <summary>Choices at positions 5 and 6 of both mixture layers.</summary>
    private static RouterTrace Trace(params int[][] choices)
    {
        var trace = new RouterTrace();
        for (int layer = 1; layer <= MixtureLayers; layer++)
            for (int i = 0; i < choices.Length; i++) trace.Visit(layer, 5 + i, choices[i]);
        return trace;
    }

    private static ModelFile Open()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tests", "vectors", "models", "tiny-deepseek-v3.gguf");
            if (File.Exists(path)) return ModelFile.Open(path);
        }

        throw new FileNotFoundException($"There is no tests/vectors/models above {AppContext.BaseDirectory}.");
    }
}
