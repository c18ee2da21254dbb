namespace SeekSharp.Planning.Chips;

/// <summary>The link between chips of one node.</summary>
/// <param name="Name">What it is called: "NVLink 4", "PCIe 4.0 x16".</param>
/// <param name="Bidirectional">Bytes a second of both directions together, as data sheets and the rule of 2022 count; null: unknown.</param>
/// <param name="Effective">Bytes a second in one direction that programs reached; null: not known.</param>
public sealed record Link(string Name, Figure? Bidirectional, Figure? Effective)
{
    /// <summary>Bytes a second in one direction: what programs reached, where that is known, else half of <see cref="Bidirectional"/>; null: unknown.</summary>
    public double? PerDirection => Effective?.Value ?? Bidirectional?.Value / 2;
}
