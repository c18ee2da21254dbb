using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Training;

/// <summary>What a device reaches: operations and bytes a second.</summary>
internal readonly record struct Rates
{
    public bool InFloat8 { get; private init; }

    /// <summary>Operations a second of products that may be in FP8.</summary>
    public double Matrices { get; private init; }

    /// <summary>Operations a second of products that stay in BF16.</summary>
    public double HighPrecision { get; private init; }

    public double Attention { get; private init; }

    public double Memory { get; private init; }

    public double Within { get; private init; }

    public double Between { get; private init; }

    public int DevicesPerNode { get; private init; }

    public static Rates Of(TrainingScenario scenario)
    {
        Chip chip = scenario.Chip;
        TrainingCalibration calibration = scenario.Calibration;
        NumberFormat half = chip.Supports(NumberFormat.BFloat16) || !chip.Supports(NumberFormat.Float16) ? NumberFormat.BFloat16 : NumberFormat.Float16;
        double peak = chip.OperationsPerSecond(half);
        bool inFloat8 = StepTime.UsesFloat8(scenario);
        int perNode = PerNode(scenario);
        double within = scenario.LinkWithinNode ?? chip.LinkWithinNode?.PerDirection ?? double.NaN;
        double between = scenario.LinkBetweenNodes ?? chip.LinkBetweenNodes?.Value ?? double.NaN;
        return new Rates
        {
            InFloat8 = inFloat8,
            Matrices = inFloat8 ? chip.OperationsPerSecond(NumberFormat.Float8) * calibration.Float8Share : peak * calibration.BFloat16Share,
            HighPrecision = peak * calibration.BFloat16Share,
            Attention = peak * calibration.AttentionShare,
            Memory = chip.MemoryBandwidth.Value * calibration.MemoryShare,
            Within = within,
            // one node has nothing between nodes
            Between = scenario.Devices <= perNode ? within : between,
            DevicesPerNode = perNode,
        };
    }

    internal static int PerNode(TrainingScenario scenario) => scenario.DevicesPerNode ?? (int)(scenario.Chip.ChipsPerNode?.Value ?? 8);
}
