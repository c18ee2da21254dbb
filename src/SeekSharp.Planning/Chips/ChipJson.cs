using System.Text.Json;

namespace SeekSharp.Planning.Chips;

/// <summary>Chips as JSON, each figure with its source and confidence.</summary>
public static class ChipJson
{
    /// <summary>Writes the properties of a chip into the object that is open. Units: operations, bytes, dollars and watts per second or hour as the names say.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="chip">The chip.</param>
    public static void Write(Utf8JsonWriter writer, Chip chip)
    {
        writer.WriteString("chip", chip.Name);
        writer.WriteString("vendor", chip.Vendor);
        WriteComputed(writer, chip);
        writer.WriteBoolean("dataCenter", chip.IsDataCenter);
        writer.WriteStartObject("operationsPerSecond");
        foreach (var (format, figure) in chip.Arithmetic) Write(writer, format.ShortName(), figure);
        writer.WriteEndObject();
        Write(writer, "memoryBytes", chip.MemoryBytes);
        Write(writer, "memoryBytesPerSecond", chip.MemoryBandwidth);
        writer.WriteString("linkWithinNode", chip.LinkWithinNode?.Name);
        Write(writer, "linkWithinNodeBidirectionalBytesPerSecond", chip.LinkWithinNode?.Bidirectional);
        Write(writer, "linkWithinNodeEffectiveBytesPerSecond", chip.LinkWithinNode?.Effective);
        Write(writer, "linkBetweenNodesBytesPerSecond", chip.LinkBetweenNodes);
        Write(writer, "chipsPerNode", chip.ChipsPerNode);
        Write(writer, "dieSquareMillimetres", chip.DieAreaMm2);
        Write(writer, "dollarsPerHour", chip.PricePerHour);
        Write(writer, "watts", chip.PowerWatts);
        writer.WriteString("note", chip.Note);
    }

    /// <summary>Writes TPP (whole, as rules quote it) and performance density (two places).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="chip">The chip.</param>
    public static void WriteComputed(Utf8JsonWriter writer, Chip chip)
    {
        writer.WriteNumber("tpp", Math.Round(chip.TotalProcessingPerformance));
        if (chip.PerformanceDensity is { } density) writer.WriteNumber("performanceDensity", Math.Round(density, 2));
        else writer.WriteNull("performanceDensity");
    }

    private static void Write(Utf8JsonWriter writer, string name, Figure? figure)
    {
        if (figure is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteNumber("value", figure.Value);
        writer.WriteString("source", figure.Source);
        writer.WriteString("confidence", figure.Confidence.ToString().ToLowerInvariant());
        writer.WriteEndObject();
    }
}
