using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Planning.Machine;

namespace SeekSharp.Planning.Tests.Machine;

public sealed class MatrixWorkTests
{
    [Fact]
    public void Counts_every_multiply_add_of_a_token()
    {
        using ModelFile file = Open();
        MixtureOfExpertsConfig experts = file.Config.MixtureOfExperts!;
        var lists = MatrixWork.Lists(file);
        double multiplyAdds = lists.Where(pair => pair.Key.Use != MatrixUse.Output).Sum(pair =>
            pair.Value * (pair.Key.Use == MatrixUse.Expert ? experts.ExpertsPerToken : pair.Key.PerList) * pair.Key.Rows * pair.Key.Columns);
        Assert.Equal(new StepTraffic(file).MultiplyAdds, multiplyAdds);
        var head = Assert.Single(lists, pair => pair.Key.Use == MatrixUse.Output);
        Assert.Equal((file.Config.VocabularySize, file.Config.HiddenSize, 1.0), (head.Key.Rows, head.Key.Columns, head.Value));
        // gate, up and down of two layers with experts
        Assert.Equal(6, lists.Where(pair => pair.Key.Use == MatrixUse.Expert).Sum(pair => pair.Value));
        Assert.All(lists.Keys.Where(kind => kind.Use == MatrixUse.Heads), kind => Assert.Equal(file.Config.HeadCount, kind.PerList));
    }

    [Fact]
    public void A_prediction_adds_up()
    {
        using ModelFile file = Open();
        using var planner = new MachinePlanner(new MachineOptions { Threads = 2, Prompt = 16, Decode = 4 });
        MachinePrediction prediction = planner.Predict(file);
        Assert.Equal(new StepTraffic(file).OneToken, prediction.BytesPerToken);
        foreach (TimeShare time in new[] { prediction.Prefill, prediction.Decode })
        {
            Assert.All(new[] { time.Common, time.Experts, time.Output, time.Attention }, seconds => Assert.InRange(seconds, 1e-9, 10));
            Assert.Equal(time.Common + time.Experts + time.Output + time.Attention, time.Total);
        }

        Assert.Equal(16 / prediction.Prefill.Total, prediction.PrefillTokensPerSecond);
    }

    [Fact]
    public void Bad_options_get_one_sentence()
    {
        Assert.Throws<PlanningException>(() => new MachinePlanner(new MachineOptions { Prompt = 0 }));
        using ModelFile file = Open();
        using var planner = new MachinePlanner(new MachineOptions { Prompt = 1 << 20 });
        Assert.Contains("1048576 tokens", Assert.Throws<PlanningException>(() => planner.Predict(file)).Message, StringComparison.Ordinal);
    }

    private static ModelFile Open()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SeekSharp.slnx"))) folder = folder.Parent;
        return ModelFile.Open(Path.Combine(folder!.FullName, "tests", "vectors", "models", "tiny-deepseek-v3.gguf"));
    }
}
