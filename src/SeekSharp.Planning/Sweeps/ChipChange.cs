using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Sweeps;

/// <summary>Chips that differ from real ones in one figure.</summary>
internal static class ChipChange
{
    public static Chip WithMemory(this Chip chip, double bytes) => chip with { MemoryBytes = Swept(bytes) };

    public static Chip WithBandwidth(this Chip chip, double bytesPerSecond) => chip with { MemoryBandwidth = Swept(bytesPerSecond) };

    public static Chip WithArithmetic(this Chip chip, double operations, params NumberFormat[] formats)
    {
        Dictionary<NumberFormat, Figure> arithmetic = new(chip.Arithmetic);
        foreach (NumberFormat format in formats) arithmetic[format] = Swept(operations);
        return chip with { Arithmetic = arithmetic };
    }

    private static Figure Swept(double value) => new(value, "a sweep", Confidence.High);
}
