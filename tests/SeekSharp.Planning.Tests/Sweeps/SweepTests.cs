using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SeekSharp.Planning.Charts;
using SeekSharp.Planning.Serving;
using SeekSharp.Planning.Sweeps;
using SeekSharp.Planning.Training;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Planning.Tests.Sweeps;

public class SweepTests
{
    private static readonly SweepSeries<TrainingScenario>[] s_asItIs = [new("as it is", run => run)];

    // Issue 8: "Sweeps of 10,000 points finish within 5 s".
    [Fact]
    public void Ten_thousand_points_of_training_take_less_than_five_seconds()
    {
        var watch = Stopwatch.StartNew();
        var table = Sweep.Run(PublishedRuns.DeepSeekV3, [Training("link.inter=5..400GB/s", 100), Training("link.intra=50..450GB/s", 100)], s_asItIs, TrainingSweep.Metrics[0]);
        Assert.Equal(10_000, table.Points.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void Ten_thousand_points_of_serving_take_less_than_five_seconds()
    {
        var watch = Stopwatch.StartNew();
        var table = Sweep.Run(ServingScenario.DaySix, [Serving("link.inter=5..400GB/s", 100), Serving("speed=5..200", 100)], [new("as it is", service => service)], ServingSweep.Metrics[0]);
        Assert.Equal(10_000, table.Points.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        Assert.NotNull(table.Problem); // 200 tokens a second are more than a slow link gives
        Assert.Contains(table.Points, point => point.Results[0] is null);
    }

    [Fact]
    public void Every_parameter_changes_what_it_says()
    {
        foreach (var parameter in TrainingSweep.Parameters) Assert.NotEqual(PublishedRuns.DeepSeekV3, parameter.Set(PublishedRuns.DeepSeekV3, 7));
        foreach (var parameter in ServingSweep.Parameters) Assert.NotEqual(ServingScenario.DaySix, parameter.Set(ServingScenario.DaySix, 7));
        foreach (var technique in TrainingSweep.Techniques) Assert.NotEqual(technique.Set(PublishedRuns.DeepSeekV3, true), technique.Set(PublishedRuns.DeepSeekV3, false));
        foreach (var technique in ServingSweep.Techniques) Assert.NotEqual(technique.Set(ServingScenario.DaySix, true), technique.Set(ServingScenario.DaySix, false));
    }

    [Fact]
    public void Every_metric_has_a_value()
    {
        foreach (var metric in TrainingSweep.Metrics) Assert.True(metric.Of(PublishedRuns.DeepSeekV3) > 0, metric.Name);
        foreach (var metric in ServingSweep.Metrics) Assert.True(metric.Of(ServingScenario.DaySix) > 0, metric.Name);
    }

    [Fact]
    public void Ranges_and_lists()
    {
        Assert.Equal([25e9, 150e9, 275e9, 400e9], Training("link.inter=25..400GB/s", 4).Values);
        Assert.Equal([25e9, 100e9, 400e9], Sweep.ParseAxis("link.inter=25..400GB/s", TrainingSweep.Parameters, 3, isGeometric: true).Values.Select(value => Math.Round(value)));
        Assert.Equal([10e9, 25e9, 50e9], Training("link.inter=10,25,50GB/s", 9).Values);
        Assert.Equal([10e6, 25e9], Training("LINK.INTER = 10MB/s, 25GB/s", 9).Values);
        Assert.Equal([1, 2, 3, 4], Training("pp=1..4", 16).Values); // whole numbers, each once
    }

    [Theory]
    [InlineData("link.inter", "is no sweep")]
    [InlineData("link.outer=1..2", "there are link.inter, link.intra,")]
    [InlineData("link.inter=400..25GB/s", "ends before it begins")]
    [InlineData("link.inter=-5GB/s", "must not be negative")]
    [InlineData("link.inter=fast", "must be a rate")]
    [InlineData("link.inter=", "must be a rate")]
    public void Bad_axes_get_one_sentence(string text, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<PlanningException>(() => Training(text, 16)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bad_sweeps_get_one_sentence()
    {
        Assert.Contains("more than 1,000,000", Assert.Throws<PlanningException>(() => Sweep.Run(
            PublishedRuns.DeepSeekV3, [Training("link.inter=1..2GB/s", 2000), Training("link.intra=1..2GB/s", 2000)], s_asItIs, TrainingSweep.Metrics[0])).Message, StringComparison.Ordinal);
        Assert.Contains("swept twice", Assert.Throws<PlanningException>(() => Sweep.Run(
            PublishedRuns.DeepSeekV3, [Training("pp=8", 2), Training("pp=16", 2)], s_asItIs, TrainingSweep.Metrics[0])).Message, StringComparison.Ordinal);
        Assert.Contains("there are overlap, node-limit", Assert.Throws<PlanningException>(() => Sweep.Series("magic", TrainingSweep.Techniques, true)).Message, StringComparison.Ordinal);
        Assert.Throws<PlanningException>(() => Sweep.Run(PublishedRuns.DeepSeekV3, [Training("pp=7", 2)], s_asItIs, TrainingSweep.Metrics[0])); // none can be planned
    }

    // V3 §3.2: without its techniques the traffic of experts costs about as much time as computation; each technique buys a part of that back, the more the slower the link.
    [Fact]
    public void What_techniques_buy_back_of_a_slow_link()
    {
        SweepSeries<TrainingScenario>[] series =
        [
            .. s_asItIs,
            .. new[] { "overlap", "node-limit", "fp8-dispatch", "overlap+node-limit+fp8-dispatch" }.Select(names => Sweep.Series(names, TrainingSweep.Techniques, false)),
        ];
        var table = Sweep.Run(PublishedRuns.DeepSeekV3, [Training("link.inter=10,50GB/s", 2)], series, TrainingSweep.Metrics[0]);
        foreach (SweepPoint point in table.Points)
            for (int i = 1; i < series.Length; i++) Assert.True(point.Results[i] <= point.Results[0], $"{series[i].Name} at {point.Values[0]}");
        double slow = table.Points[0].Results[4]!.Value / table.Points[0].Results[0]!.Value, fast = table.Points[1].Results[4]!.Value / table.Points[1].Results[0]!.Value;
        Assert.True(slow < fast);
        Assert.InRange(fast, 0.2, 0.7);
    }

    // DiLoCo (arXiv 2311.08105): 500 times less traffic between islands, so that a link 500 times slower does the same.
    [Fact]
    public void Islands_that_synchronise_seldom_bear_a_slow_link()
    {
        TrainingScenario islands = PublishedRuns.DeepSeekV3 with { Islands = new TrainingIslands { Count = 2 } };
        SweepSeries<TrainingScenario>[] series = [.. s_asItIs, Sweep.Series("diloco", TrainingSweep.Techniques, true)];
        var points = Sweep.Run(islands, [Training("link.islands=0.1,50GB/s", 2)], series, TrainingSweep.Metrics[5]).Points;
        Assert.Equal(points[1].Results[0]!.Value, points[0].Results[1]!.Value, points[1].Results[0]!.Value * 0.01);
        Assert.True(points[0].Results[0] > points[0].Results[1]);
    }

    [Fact]
    public void Tables_for_programs()
    {
        var table = Sweep.Run(PublishedRuns.DeepSeekV3, [Training("pp=7,16", 2)], [.. s_asItIs, new("a, b", run => run)], TrainingSweep.Metrics[0]);
        string[] lines = SweepWriter.Csv(table).TrimEnd('\n').Split('\n');
        Assert.Equal("pp,as it is,\"a, b\"", lines[0]);
        Assert.Equal("7,,", lines[1]);
        Assert.StartsWith("16,", lines[2], StringComparison.Ordinal);
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            SweepWriter.WriteJson(writer, table);
            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("points")[0].GetProperty("results")[0].ValueKind);
        Assert.True(document.RootElement.GetProperty("points")[1].GetProperty("results")[1].GetDouble() > 0);
    }

    [Fact]
    public void Pictures()
    {
        using TemporaryFolder folder = new();
        var table = Sweep.Run(PublishedRuns.DeepSeekV3, [Training("link.inter=5..100GB/s", 8), Training("pp=8,16", 2)], s_asItIs, TrainingSweep.Metrics[0]);
        string png = Path.Combine(folder.Path, "a.png"), svg = Path.Combine(folder.Path, "a.svg");
        SweepChart.Save(table, png, "title", isLogarithmic: true);
        SweepChart.Save(table, svg, "title", isLogarithmic: false);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(png)[..4]);
        Assert.Contains("<svg", Encoding.UTF8.GetString(File.ReadAllBytes(svg)), StringComparison.Ordinal);
        Assert.Throws<PlanningException>(() => SweepChart.Save(table, Path.Combine(folder.Path, "a.jpg"), "title", false));
    }

    private static SweepAxis<TrainingScenario> Training(string text, int steps) => Sweep.ParseAxis(text, TrainingSweep.Parameters, steps, isGeometric: false);

    private static SweepAxis<ServingScenario> Serving(string text, int steps) => Sweep.ParseAxis(text, ServingSweep.Parameters, steps, isGeometric: false);
}
