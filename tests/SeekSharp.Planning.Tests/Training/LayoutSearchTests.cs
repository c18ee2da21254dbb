using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Tests.Training;

public sealed class LayoutSearchTests
{
    private static readonly TrainingScenario V3 = PublishedRuns.DeepSeekV3;

    [Fact]
    public void Finds_a_layout_at_least_as_fast_as_the_published_one()
    {
        LayoutSearchResult result = LayoutSearch.Run(V3);
        TrainingPlan best = result.RequireBest();
        Assert.True(best.Fits);
        Assert.True(best.DeviceHours <= TrainingPlan.Evaluate(V3).DeviceHours);
        Assert.True(result.Tried > 1000 && result.Fitting > 10 && result.Fitting < result.Tried);
    }

    [Theory]
    [InlineData("Llama-3.1-405B", "H100", 16_384, 8192, 2048)]
    [InlineData("Qwen2.5-72B", "H20", 1024, 4096, 1024)]
    [InlineData("DeepSeek-V2-Lite", "H800", 8, 4096, 64)]
    [InlineData("Kimi-K2", "H800", 2048, 4096, 16_384)]
    [InlineData("DeepSeek-V3", "A100", 2048, 4096, 15_360)] // no FP8
    public void Finds_layouts_for_other_models_and_chips(string model, string chip, int devices, int sequence, int batch)
    {
        TrainingScenario scenario = V3 with
        {
            Model = ModelCatalog.Find(model), Chip = ChipCatalog.Default.Find(chip), Devices = devices, SequenceLength = sequence, BatchSequences = batch,
            LinkWithinNode = 200e9, LinkBetweenNodes = 25e9,
        };
        TrainingPlan plan = LayoutSearch.Run(scenario).RequireBest();
        Assert.True(plan.Fits);
        Assert.InRange(plan.Utilization, 0.01, 1);
    }

    [Fact]
    public void Where_nothing_fits_it_says_how_much_is_missing()
    {
        TrainingScenario scenario = V3 with { Devices = 8, BatchSequences = 64 };
        PlanningException exception = Assert.Throws<PlanningException>(() => LayoutSearch.Run(scenario).RequireBest());
        Assert.Contains("more than a H800 SXM can use", exception.Message, StringComparison.Ordinal);
        Assert.Contains("common divisors", Assert.Throws<PlanningException>(() => LayoutSearch.Run(V3 with { BatchSequences = 7919 }).RequireBest()).Message, StringComparison.Ordinal);
        Assert.Throws<PlanningException>(() => LayoutSearch.Run(V3 with { Tokens = -1 }));
    }
}
