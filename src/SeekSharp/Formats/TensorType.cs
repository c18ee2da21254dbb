namespace SeekSharp.Formats;

/// <summary>How the numbers of a tensor are stored in a model file.</summary>
/// <remarks>The quantised types are those of GGUF; a row is cut into blocks of 32 or 256 weights with their own scales.</remarks>
public enum TensorType
{
    /// <summary>IEEE 754 single precision.</summary>
    F32,
    /// <summary>IEEE 754 half precision.</summary>
    F16,
    /// <summary>The upper 16 bits of a single-precision number.</summary>
    BF16,
    /// <summary>8-bit float, 4 exponent and 3 mantissa bits, no infinity (DeepSeek-V3 §3.3), scaled per 128x128 block.</summary>
    F8E4M3,
    /// <summary>32 weights: float16 scale, 4-bit integers, offset 8.</summary>
    Q4_0,
    /// <summary>32 weights: float16 scale and minimum, 4-bit integers.</summary>
    Q4_1,
    /// <summary>32 weights: float16 scale, 5-bit integers, offset 16.</summary>
    Q5_0,
    /// <summary>32 weights: float16 scale and minimum, 5-bit integers.</summary>
    Q5_1,
    /// <summary>32 weights: float16 scale, 8-bit signed integers.</summary>
    Q8_0,
    /// <summary>256 weights in 16 sub-blocks: 2-bit integers, 4-bit scales and minima.</summary>
    Q2_K,
    /// <summary>256 weights in 16 sub-blocks: 3-bit integers, 6-bit signed scales.</summary>
    Q3_K,
    /// <summary>256 weights in 8 sub-blocks: 4-bit integers, 6-bit scales and minima.</summary>
    Q4_K,
    /// <summary>256 weights in 8 sub-blocks: 5-bit integers, 6-bit scales and minima.</summary>
    Q5_K,
    /// <summary>256 weights in 16 sub-blocks: 6-bit integers, 8-bit signed scales.</summary>
    Q6_K,
    /// <summary>32 weights: float16 scale, 4-bit indices into a fixed non-linear table.</summary>
    IQ4_NL,
    /// <summary>256 weights in 8 sub-blocks: 4-bit indices into the same table, 6-bit signed scales.</summary>
    IQ4_XS,
}
