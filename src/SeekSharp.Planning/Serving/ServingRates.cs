using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Serving;

/// <summary>What a device reaches in a service: operations and bytes a second.</summary>
internal readonly record struct ServingRates
{
    /// <summary>Bytes of a weight.</summary>
    public double WeightBytes { get; private init; }

    /// <summary>Operations a second of products that may be in FP8.</summary>
    public double Matrices { get; private init; }

    /// <summary>Operations a second of products that stay in BF16.</summary>
    public double HighPrecision { get; private init; }

    public double Attention { get; private init; }

    /// <summary>Bytes a second of weights.</summary>
    public double Weights { get; private init; }

    /// <summary>Bytes a second of the cache.</summary>
    public double Cache { get; private init; }

    /// <summary>Values a second between products.</summary>
    public double Values { get; private init; }

    /// <summary>Bytes a second of the links, before any share.</summary>
    public double Within { get; private init; }

    public double Between { get; private init; }

    public int DevicesPerNode { get; private init; }

    public static ServingRates Of(ServingScenario scenario)
    {
        Chip chip = scenario.Chip;
        ServingCalibration calibration = scenario.Calibration;
        double half = chip.OperationsPerSecond(chip.Supports(NumberFormat.BFloat16) || !chip.Supports(NumberFormat.Float16) ? NumberFormat.BFloat16 : NumberFormat.Float16);
        bool inFloat8 = scenario.Techniques.Float8Matrices && chip.Supports(NumberFormat.Float8);
        double memory = chip.MemoryBandwidth.Value;
        return new ServingRates
        {
            WeightBytes = inFloat8 ? 1 : 2,
            Matrices = inFloat8 ? chip.OperationsPerSecond(NumberFormat.Float8) * calibration.Float8Share : half * calibration.BFloat16Share,
            HighPrecision = half * calibration.BFloat16Share,
            Attention = half * calibration.AttentionShare,
            Weights = memory * calibration.WeightShare,
            Cache = memory * calibration.CacheShare,
            Values = memory * calibration.MemoryShare / calibration.BytesPerValue,
            Within = scenario.LinkWithinNode ?? chip.LinkWithinNode?.PerDirection ?? double.NaN,
            Between = scenario.LinkBetweenNodes ?? chip.LinkBetweenNodes?.Value ?? double.NaN,
            DevicesPerNode = PerNode(scenario),
        };
    }

    public static int PerNode(ServingScenario scenario) => scenario.DevicesPerNode ?? (int)(scenario.Chip.ChipsPerNode?.Value ?? 8);
}
