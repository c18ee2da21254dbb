using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Rules;

/// <summary>What rules ask about a chip, a memory or the weights of a model.</summary>
internal sealed record RuledItem
{
    public required string Name { get; init; }

    public required RuleSubject Subject { get; init; }

    public string Vendor { get; init; } = "";

    public bool IsDataCenter { get; init; }

    public bool IsClosed { get; init; }

    /// <summary>How sure the figures are that rules compare.</summary>
    public Confidence Confidence { get; init; } = Confidence.High;

    public string? Note { get; init; }

    /// <summary>The values that are known. Rounded to what data can say, so that 4,800 computed is 4,800 written.</summary>
    public required IReadOnlyDictionary<Measure, double> Values { get; init; }

    public static RuledItem Of(Chip chip)
    {
        Dictionary<Measure, double> values = new()
        {
            [Measure.TotalProcessingPerformance] = Rounded(chip.TotalProcessingPerformance),
            [Measure.MemoryBandwidth] = Rounded(chip.MemoryBandwidth.Value / 1e9),
        };
        if (chip.PerformanceDensity is { } density) values[Measure.PerformanceDensity] = Rounded(density);
        if (chip.LinkWithinNode?.Bidirectional is { } link) values[Measure.InputOutput] = Rounded(link.Value / 1e9);
        return new RuledItem
        {
            Name = chip.Name,
            Subject = RuleSubject.Chip,
            Vendor = chip.Vendor,
            IsDataCenter = chip.IsDataCenter,
            Confidence = chip.PerformanceConfidence,
            Note = chip.Note,
            Values = values,
        };
    }

    /// <summary>A stack or package of memory.</summary>
    /// <param name="bandwidth">Bytes a second.</param>
    /// <param name="area">Square millimetres of the stack or package.</param>
    public static RuledItem Memory(double bandwidth, double area) => new()
    {
        Name = $"memory of {Numbers.Invariant(bandwidth / 1e9, "#,0.#")} GB/s on {Numbers.Invariant(area, "#,0.#")} mm2",
        Subject = RuleSubject.Memory,
        Values = new Dictionary<Measure, double> { [Measure.MemoryBandwidthDensity] = Rounded(bandwidth / 1e9 / area) },
    };

    public static RuledItem Weights(double operations, bool isOpen) => new()
    {
        Name = $"{(isOpen ? "open" : "closed")} weights of a model trained with {Measure.TrainingOperations.Text(operations)} operations",
        Subject = RuleSubject.Weights,
        IsClosed = !isOpen,
        Values = new Dictionary<Measure, double> { [Measure.TrainingOperations] = operations },
    };

    private static double Rounded(double value) => Math.Round(value, 6);
}
