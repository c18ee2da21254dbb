namespace SeekSharp.Planning.Chips;

/// <summary>What a chip's matrix units multiply.</summary>
public enum NumberFormat
{
    /// <summary>64-bit floating point.</summary>
    Float64,

    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>19 bits, kept in 32: 8 of exponent, 10 of mantissa.</summary>
    TensorFloat32,

    /// <summary>Brain floating point, 16 bits.</summary>
    BFloat16,

    /// <summary>16-bit floating point.</summary>
    Float16,

    /// <summary>8-bit floating point (E4M3, E5M2).</summary>
    Float8,

    /// <summary>8-bit integers.</summary>
    Int8,

    /// <summary>4-bit floating point.</summary>
    Float4,

    /// <summary>4-bit integers.</summary>
    Int4,
}

/// <summary>Sizes and names of number formats.</summary>
public static class NumberFormats
{
    /// <summary>Bits that a value takes: the "bit length of the operation" of the export rules. TensorFloat32 is stored in 32.</summary>
    /// <param name="format">The format.</param>
    public static int Bits(this NumberFormat format) => format switch
    {
        NumberFormat.Float64 => 64,
        NumberFormat.Float32 or NumberFormat.TensorFloat32 => 32,
        NumberFormat.BFloat16 or NumberFormat.Float16 => 16,
        NumberFormat.Float8 or NumberFormat.Int8 => 8,
        NumberFormat.Float4 or NumberFormat.Int4 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Bytes that a value takes.</summary>
    /// <param name="format">The format.</param>
    public static double Bytes(this NumberFormat format) => format.Bits() / 8.0;

    /// <summary>The field's short name, as data files have it: "bf16", "fp8".</summary>
    /// <param name="format">The format.</param>
    public static string ShortName(this NumberFormat format) => format switch
    {
        NumberFormat.Float64 => "fp64",
        NumberFormat.Float32 => "fp32",
        NumberFormat.TensorFloat32 => "tf32",
        NumberFormat.BFloat16 => "bf16",
        NumberFormat.Float16 => "fp16",
        NumberFormat.Float8 => "fp8",
        NumberFormat.Int8 => "int8",
        NumberFormat.Float4 => "fp4",
        NumberFormat.Int4 => "int4",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>The format of a short name, whatever its case.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="PlanningException">There is no such format.</exception>
    public static NumberFormat Parse(string name) => TryParse(name, out NumberFormat format)
        ? format
        : throw new PlanningException($"There is no number format '{name}'; there are {string.Join(", ", Enum.GetValues<NumberFormat>().Select(ShortName))}.");

    /// <summary>The format of a short name, whatever its case.</summary>
    /// <param name="name">The name.</param>
    /// <param name="format">The format, where there is one.</param>
    public static bool TryParse(string name, out NumberFormat format)
    {
        foreach (NumberFormat known in Enum.GetValues<NumberFormat>())
        {
            format = known;
            if (known.ShortName().Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        }

        format = default;
        return false;
    }
}
