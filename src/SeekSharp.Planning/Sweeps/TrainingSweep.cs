using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Training;
using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Sweeps;

/// <summary>What can be swept of a training run.</summary>
public static class TrainingSweep
{
    private const double Trillion = 1e12;

    /// <summary>What can be changed.</summary>
    public static IReadOnlyList<SweepParameter<TrainingScenario>> Parameters { get; } =
    [
        new("link.inter", "link between nodes, per chip and direction", Dimension.BytesPerSecond, false, (run, value) => run with { LinkBetweenNodes = value }),
        new("link.intra", "link within a node, one direction", Dimension.BytesPerSecond, false, (run, value) => run with { LinkWithinNode = value }),
        new("link.islands", "link of an island, one direction", Dimension.BytesPerSecond, false, (run, value) => run with { Islands = run.Islands with { LinkBytesPerSecond = value } }),
        new("islands", "islands of chips", Dimension.Count, true, (run, value) => run with { Islands = run.Islands with { Count = Whole(value) } }),
        new("islands.steps", "steps between synchronisations of islands", Dimension.Count, true, (run, value) => run with { Islands = run.Islands with { StepsBetween = Whole(value) } }),
        new("chips", "chips", Dimension.Count, true, (run, value) => run with { Devices = Whole(value) }),
        new("node", "chips of a node", Dimension.Count, true, (run, value) => run with { DevicesPerNode = Whole(value) }),
        new("flops.fp8", "arithmetic in FP8", Dimension.OperationsPerSecond, false, (run, value) => run with { Chip = run.Chip.WithArithmetic(value, NumberFormat.Float8) }),
        new("flops.bf16", "arithmetic in BF16", Dimension.OperationsPerSecond, false, (run, value) => run with { Chip = run.Chip.WithArithmetic(value, NumberFormat.BFloat16) }),
        new("memory", "memory of a chip", Dimension.Bytes, false, (run, value) => run with { Chip = run.Chip.WithMemory(value) }),
        new("memory.bandwidth", "bandwidth of a chip's memory", Dimension.BytesPerSecond, false, (run, value) => run with { Chip = run.Chip.WithBandwidth(value) }),
        new("price", "price of a chip", Dimension.DollarsPerHour, false, (run, value) => run with { PricePerHour = value }),
        new("tokens", "tokens to train on", Dimension.Count, false, (run, value) => run with { Tokens = value }),
        new("sequence", "tokens of a sequence", Dimension.Count, true, (run, value) => run with { SequenceLength = Whole(value) }),
        new("batch", "sequences of a step", Dimension.Count, true, (run, value) => run with { BatchSequences = Whole(value) }),
        new("pp", "chips that the layers are spread over", Dimension.Count, true, (run, value) => run with { Layout = run.Layout with { Pipeline = Whole(value) } }),
        new("ep", "chips that the experts are spread over", Dimension.Count, true, (run, value) => run with { Layout = run.Layout with { Expert = Whole(value) } }),
        new("tp", "chips that each matrix is cut over", Dimension.Count, true, (run, value) => run with { Layout = run.Layout with { Tensor = Whole(value) } }),
    ];

    /// <summary>What can be turned on and off.</summary>
    public static IReadOnlyList<Technique<TrainingScenario>> Techniques { get; } =
    [
        new("overlap", (run, on) => run with { Techniques = run.Techniques with { Overlap = on } }),
        new("node-limit", (run, on) => run with { Techniques = run.Techniques with { NodeLimitedRouting = on } }),
        new("fp8-dispatch", (run, on) => run with { Techniques = run.Techniques with { Float8Dispatch = on } }),
        new("fp8", (run, on) => run with { Techniques = run.Techniques with { Float8Matrices = on } }),
        new("mtp", (run, on) => run with { Techniques = run.Techniques with { MultiTokenPrediction = on } }),
        new("diloco", (run, on) => run with { Islands = run.Islands with { StepsBetween = on ? 500 : 1 } }),
        new("streaming-diloco", (run, on) => run with { Islands = run.Islands with { StepsBetween = on ? 500 : 1, Overlapped = on, BytesPerParameter = on ? 0.5 : 4 } }),
    ];

    /// <summary>What can be looked at. A run that does not fit in memory has no value.</summary>
    public static IReadOnlyList<SweepMetric<TrainingScenario>> Metrics { get; } =
    [
        new("throughput", "tokens a second and chip", run => Plan(run).TokensPerSecond / run.Devices),
        new("hours", "thousand chip hours per trillion tokens", run => Plan(run).DeviceHoursPerTrillionTokens / 1000),
        new("days", "days per trillion tokens", run => Plan(run).DaysPerTrillionTokens),
        new("cost", "million dollars per trillion tokens", run => Plan(run) is { Cost: { } cost } ? cost / run.Tokens * Trillion / 1e6 : double.NaN),
        new("mfu", "share of the BF16 peak (MFU)", run => Plan(run).Utilization),
        new("step", "seconds of a step", run => Plan(run).Step.Total),
    ];

    private static TrainingPlan Plan(TrainingScenario run)
    {
        TrainingPlan plan = TrainingPlan.Evaluate(run);
        return plan.DoesNotFit is { } sentence ? throw new PlanningException(sentence) : plan;
    }

    internal static int Whole(double value) => value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new PlanningException($"{value:G6} is too large.");
}
