using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Tests.Training;

public sealed class TrainingPlanTests
{
    private static readonly TrainingScenario V3 = PublishedRuns.DeepSeekV3;

    // V3, table 1 and §1: 180K hours and 3.7 days a trillion tokens on 2,048 chips, within 5%.
    [Fact]
    public void V3_takes_3_7_days_a_trillion_tokens()
    {
        TrainingPlan plan = TrainingPlan.Evaluate(V3);
        Assert.InRange(plan.DaysPerTrillionTokens / 3.7, 0.95, 1.05);
        Assert.InRange(plan.DeviceHoursPerTrillionTokens / 180_000, 0.95, 1.05);
        Assert.Equal(plan.DeviceHours / 2048 / 24, plan.Days, 1e-9);
    }

    // V3, table 1: $5.576M for 2,788K hours at $2, of which 5K of post-training are taken as published.
    [Fact]
    public void The_total_is_5_576_million_dollars()
    {
        TrainingPlan plan = TrainingPlan.Evaluate(V3);
        double price = plan.PricePerHour!.Value;
        double published = PublishedRuns.All[0].Hours + PublishedRuns.All[1].Hours + PublishedRuns.DeepSeekV3PostTrainingHours;
        Assert.Equal(5_576_000, published * price);
        double predicted = PublishedRuns.All[0].PredictedHours(TrainingCalibration.Fitted) + PublishedRuns.All[1].PredictedHours(TrainingCalibration.Fitted)
            + PublishedRuns.DeepSeekV3PostTrainingHours;
        Assert.InRange(predicted * price / 5_576_000, 0.95, 1.05);
        Assert.Equal(plan.DeviceHours * 2, plan.Cost);
        Assert.Equal(plan.DeviceHours * 0.7 * 1.3, plan.KilowattHours!.Value, 1);
    }

    [Fact]
    public void The_published_layouts_fit_in_memory()
    {
        foreach (TrainingScenario stage in PublishedRuns.All.SelectMany(run => run.Stages))
        {
            TrainingPlan plan = TrainingPlan.Evaluate(stage);
            Assert.True(plan.Fits, plan.DoesNotFit);
            Assert.True(plan.Memory.Total > 0.5 * plan.UsableMemory); // and are no waste
        }
    }

    // V3 §3.2.1: without overlap, computation and traffic are about 1 to 1 in forward; the implied utilisation (reference §2.1) is 34.3% by 6 N without attention.
    [Fact]
    public void Parts_of_a_step_make_sense()
    {
        TrainingPlan plan = TrainingPlan.Evaluate(V3);
        Assert.Equal(plan.Step.Total, plan.Step.Parts.Sum(part => part.Seconds), 1e-9);
        Assert.All(plan.Step.Parts, part => Assert.True(part.Seconds >= 0, part.Name));
        double counted = 6 * 36.7e9 * plan.TokensPerSecond / (2048 * 989.5e12);
        Assert.Equal(0.343, counted, 0.343 * 0.05);
        Assert.Equal(120, plan.Step.MicroBatches);
        Assert.Contains("Arithmetic binds", plan.Binding, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_technique_is_worth_something()
    {
        double all = TrainingPlan.Evaluate(V3).Step.Total;
        foreach (TrainingTechniques less in (TrainingTechniques[])
            [
                new() { Float8Matrices = false }, new() { Float8Dispatch = false }, new() { NodeLimitedRouting = false }, new() { Overlap = false },
            ])
            Assert.True(StepTime.Of(V3 with { Techniques = less }).Total > all, less.ToString());
        Assert.True(StepTime.Of(V3 with { Techniques = new() { MultiTokenPrediction = false } }).Total < all);
        TrainingScenario plain = V3 with { Layout = V3.Layout with { Schedule = PipelineSchedule.OneForwardOneBackward } };
        Assert.True(StepTime.Of(plain).Total > all);
    }

    [Fact]
    public void Slower_links_never_make_a_run_faster_and_slow_ones_bind()
    {
        double last = double.PositiveInfinity;
        foreach (double link in (double[])[1e9, 5e9, 12.5e9, 25e9, 50e9, 100e9, 400e9])
        {
            double seconds = StepTime.Of(V3 with { LinkBetweenNodes = link }).Total;
            Assert.True(seconds <= last);
            last = seconds;
        }

        Assert.Contains("link between nodes binds", TrainingPlan.Evaluate(V3 with { LinkBetweenNodes = 5e9 }).Binding, StringComparison.Ordinal);
    }

    [Fact]
    public void Islands_that_synchronise_seldom_need_slow_links_only()
    {
        TrainingIslands everyStep = new() { Count = 2, LinkBytesPerSecond = 1.25e9 }, seldom = everyStep with { StepsBetween = 500 };
        double one = StepTime.Of(V3).Total, often = StepTime.Of(V3 with { Islands = everyStep }).Total, rare = StepTime.Of(V3 with { Islands = seldom }).Total;
        Assert.True(often > 10 * rare);
        Assert.InRange(rare / one, 1, 1.5);
        double exchange = StepTime.Of(V3 with { Islands = seldom }).Islands * 500;
        Assert.Equal(V3.Model.TotalWithPrediction * 4.0 / 1.25e9, exchange, 1e-3); // 2 (n - 1) / n of all parameters, n = 2
        Assert.Equal(0, StepTime.Of(V3 with { Islands = seldom with { Overlapped = true } }).Islands);
    }

    [Fact]
    public void Memory_is_the_sum_of_what_is_kept()
    {
        TrainingScenario dense = new()
        {
            Model = ModelCatalog.Find("DeepSeek-7B"), Chip = ChipCatalog.Default.Find("H100"), Devices = 8, Tokens = 1e9, BatchSequences = 64,
            Layout = new TrainingLayout { Schedule = PipelineSchedule.OneForwardOneBackward, ZeroStage = 0 }, Techniques = TrainingTechniques.BFloat16,
            Formats = TrainingFormats.Mixed,
        };
        double parameters = dense.Model.Parameters.Total;
        DeviceMemory zero = DeviceMemory.Of(dense), three = DeviceMemory.Of(dense with { Layout = dense.Layout with { ZeroStage = 3 } });
        Assert.Equal(18, (zero.Total - zero.Activations) / parameters, 0.001); // 2 + 4 + 12 bytes a parameter (arXiv 1910.02054 §3.1 has 2 + 2 + 12)
        Assert.Equal(18.0 / 8, (three.Total - three.Activations) / parameters, 0.001);
        DeviceMemory one = DeviceMemory.Of(dense with { Layout = dense.Layout with { ZeroStage = 1 } }), two = DeviceMemory.Of(dense with { Layout = dense.Layout with { ZeroStage = 2 } });
        Assert.Equal(6 + (12.0 / 8), (one.Total - one.Activations) / parameters, 0.001);
        Assert.Equal(2 + (16.0 / 8), (two.Total - two.Activations) / parameters, 0.001);
        double none = DeviceMemory.Of(dense with { Layout = dense.Layout with { Recompute = RecomputePolicy.None } }).Activations;
        double full = DeviceMemory.Of(dense with { Layout = dense.Layout with { Recompute = RecomputePolicy.Full } }).Activations;
        Assert.True(none > zero.Activations && zero.Activations > full);
    }

    [Fact]
    public void A_layout_that_does_not_fit_gets_a_sentence_that_helps()
    {
        TrainingPlan plan = TrainingPlan.Evaluate(V3 with { Layout = V3.Layout with { Recompute = RecomputePolicy.None } });
        Assert.False(plan.Fits);
        Assert.Contains("more than a H800 SXM can use", plan.DoesNotFit, StringComparison.Ordinal);
        Assert.Contains("selective recomputation would fit", plan.DoesNotFit, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', plan.DoesNotFit!);
        Assert.StartsWith("Memory binds", plan.Binding, StringComparison.Ordinal);
        TrainingPlan small = TrainingPlan.Evaluate(V3 with { Devices = 64, BatchSequences = 64, Layout = new TrainingLayout { Expert = 64, Schedule = PipelineSchedule.OneForwardOneBackward } });
        Assert.False(small.Fits);
    }

    [Fact]
    public void Says_what_is_wrong_with_a_scenario()
    {
        Assert.Contains("negative", Message(V3 with { PricePerHour = -1 }), StringComparison.Ordinal);
        Assert.Contains("chips", Message(V3 with { Devices = 0 }), StringComparison.Ordinal);
        Assert.Contains("tokens", Message(V3 with { Tokens = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("link between nodes", Message(V3 with { LinkBetweenNodes = 0 }), StringComparison.Ordinal);
        Assert.Contains("multiple of 16", Message(V3 with { Devices = 2050 }), StringComparison.Ordinal);
        Assert.Contains("256 experts", Message(V3 with { Layout = V3.Layout with { Expert = 48 } }), StringComparison.Ordinal);
        Assert.Contains("layers", Message(V3 with { Layout = V3.Layout with { Pipeline = 128, Expert = 16 } }), StringComparison.Ordinal);
        Assert.Contains("micro-batches", Message(V3 with { BatchSequences = 128 }), StringComparison.Ordinal);
        Assert.Contains("batch of 1,000", Message(V3 with { BatchSequences = 1000 }), StringComparison.Ordinal);
        Assert.Contains("ZeRO", Message(V3 with { Layout = V3.Layout with { ZeroStage = 4 } }), StringComparison.Ordinal);
        Assert.Contains("no experts", Message(V3 with { Model = ModelCatalog.Find("67B") }), StringComparison.Ordinal);
        Assert.Contains("islands", Message(V3 with { Islands = new() { Count = 3 } }), StringComparison.Ordinal);
        Assert.Contains("degree", Message(V3 with { Layout = V3.Layout with { Tensor = 0 } }), StringComparison.Ordinal);

        static string Message(TrainingScenario scenario) => Assert.Throws<PlanningException>(() => TrainingPlan.Evaluate(scenario)).Message;
    }

    [Fact]
    public void A_plan_is_JSON_with_every_assumption()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            TrainingPlanJson.Write(writer, TrainingPlan.Evaluate(V3));
            writer.WriteEndObject();
        }

        JsonElement root = JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement;
        Assert.Equal(29_568, root.GetProperty("expertBytesPerToken").GetProperty("dispatchBetweenNodes").GetDouble());
        Assert.Equal(3, root.GetProperty("assumptions").EnumerateArray().Count(assumption => assumption.GetProperty("fitted").GetBoolean()));
        Assert.True(root.GetProperty("fits").GetBoolean());
        Assert.InRange(root.GetProperty("dollars").GetDouble(), 5e6, 5.7e6);
    }

    [Fact]
    public void Ten_thousand_points_take_less_than_five_seconds()
    {
        TrainingPlan.Evaluate(V3);
        Stopwatch watch = Stopwatch.StartNew();
        double sum = 0;
        for (int i = 0; i < 10_000; i++) sum += TrainingPlan.Evaluate(V3 with { LinkBetweenNodes = 25e9 + (i * 1e7) }).DeviceHours;
        Assert.True(double.IsFinite(sum));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5); // 0.02 s on a free core
    }
}
