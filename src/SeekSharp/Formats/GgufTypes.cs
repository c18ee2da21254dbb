namespace SeekSharp.Formats;

/// <summary>The numbers under which GGUF files know tensor types (ggml_type in ggml.h).</summary>
internal static class GgufTypes
{
    /// <summary>The tensor type of a number.</summary>
    /// <param name="id">The number in the file.</param>
    /// <returns>The type, or null where this library cannot read it.</returns>
    public static TensorType? FromId(uint id) => id switch
    {
        0 => TensorType.F32,
        1 => TensorType.F16,
        2 => TensorType.Q4_0,
        3 => TensorType.Q4_1,
        6 => TensorType.Q5_0,
        7 => TensorType.Q5_1,
        8 => TensorType.Q8_0,
        10 => TensorType.Q2_K,
        11 => TensorType.Q3_K,
        12 => TensorType.Q4_K,
        13 => TensorType.Q5_K,
        14 => TensorType.Q6_K,
        20 => TensorType.IQ4_NL,
        23 => TensorType.IQ4_XS,
        30 => TensorType.BF16,
        _ => null,
    };

    /// <summary>The number of a tensor type.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The number, or null for types that GGUF does not have.</returns>
    public static uint? ToId(TensorType type) => type switch
    {
        TensorType.F32 => 0,
        TensorType.F16 => 1,
        TensorType.Q4_0 => 2,
        TensorType.Q4_1 => 3,
        TensorType.Q5_0 => 6,
        TensorType.Q5_1 => 7,
        TensorType.Q8_0 => 8,
        TensorType.Q2_K => 10,
        TensorType.Q3_K => 11,
        TensorType.Q4_K => 12,
        TensorType.Q5_K => 13,
        TensorType.Q6_K => 14,
        TensorType.IQ4_NL => 20,
        TensorType.IQ4_XS => 23,
        TensorType.BF16 => 30,
        _ => null,
    };

    /// <summary>The name of a type that this library cannot read, for messages.</summary>
    /// <param name="id">The number in the file.</param>
    /// <returns>ggml's name of it, or the bare number.</returns>
    public static string NameOf(uint id) => id switch
    {
        4 => "Q4_2",
        5 => "Q4_3",
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        21 => "IQ3_S",
        22 => "IQ2_S",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        40 => "NVFP4",
        _ => FromId(id)?.ToString() ?? $"number {id}",
    };
}
