namespace SeekSharp.Planning.Chips;

/// <summary>A chip for training or serving: what it can do, what it costs, and what the export rules ask about it.</summary>
public sealed record Chip
{
    /// <summary>The name in tables.</summary>
    public required string Name { get; init; }

    /// <summary>Other names that people use.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Who designs it.</summary>
    public required string Vendor { get; init; }

    /// <summary>Dense operations a second per number format, 2 a multiply-add; formats that the chip has not, or of which nothing is known, are absent.</summary>
    public required IReadOnlyDictionary<NumberFormat, Figure> Arithmetic { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required Figure MemoryBytes { get; init; }

    /// <summary>Bytes a second from memory.</summary>
    public required Figure MemoryBandwidth { get; init; }

    /// <summary>The link between the chips of a node; null: unknown.</summary>
    public Link? LinkWithinNode { get; init; }

    /// <summary>Bytes a second, per chip and direction, between nodes; null: unknown, or chosen by whoever builds the node.</summary>
    public Figure? LinkBetweenNodes { get; init; }

    /// <summary>Chips of a usual node; null: unknown.</summary>
    public Figure? ChipsPerNode { get; init; }

    /// <summary>Square millimetres of the dies with arithmetic ("applicable die area" of the export rules); null: unknown.</summary>
    public Figure? DieAreaMm2 { get; init; }

    /// <summary>Dollars an hour to rent one; null: unknown.</summary>
    public Figure? PricePerHour { get; init; }

    /// <summary>Watts of the board at most; null: unknown.</summary>
    public Figure? PowerWatts { get; init; }

    /// <summary>Whether it is designed or marketed for data centres, on which Note 2 to ECCN 3A090 depends.</summary>
    public bool IsDataCenter { get; init; } = true;

    /// <summary>Whether the dies are made on a node with non-planar transistors: only such area counts as applicable.</summary>
    public bool IsNonPlanar { get; init; } = true;

    /// <summary>Anything else that a reader should know.</summary>
    public string? Note { get; init; }

    /// <summary>TPP: operations a second in tera, times the bits of the operation, at most over the formats (note 2 to 3A090; its 2 × MacTOPS are these operations).</summary>
    public double TotalProcessingPerformance => Arithmetic.Max(pair => pair.Value.Value / 1e12 * pair.Key.Bits());

    /// <summary>PD: TPP over the applicable die area; zero where no die is non-planar; null where the area is unknown.</summary>
    public double? PerformanceDensity => IsNonPlanar ? TotalProcessingPerformance / DieAreaMm2?.Value : 0;

    /// <summary>How sure TPP is: as the format that sets it.</summary>
    public Confidence PerformanceConfidence => Arithmetic.MaxBy(pair => pair.Value.Value * pair.Key.Bits()).Value.Confidence;

    /// <summary>Whether the speed in a format is known.</summary>
    /// <param name="format">The format.</param>
    public bool Supports(NumberFormat format) => Arithmetic.ContainsKey(format);

    /// <summary>Dense operations a second, 2 a multiply-add.</summary>
    /// <param name="format">The format.</param>
    /// <exception cref="PlanningException">The chip does not compute in this format.</exception>
    public double OperationsPerSecond(NumberFormat format) => Arithmetic.TryGetValue(format, out Figure? figure)
        ? figure.Value
        : throw new PlanningException(
            $"{Name} has no {format.ShortName()}; it computes in {string.Join(", ", Arithmetic.Keys.Order().Select(NumberFormats.ShortName))}.");
}
