namespace SeekSharp.Kernels;

/// <summary>Which instructions the kernels use. Results are the same bits for any thread count and batch within one level.</summary>
public enum KernelLevel
{
    /// <summary>Plain loops: the specification that every other level is tested against.</summary>
    Scalar,
    /// <summary>128-bit vectors: Arm AdvSimd (with dot products where there are any), x86 SSE4.1.</summary>
    Vector128,
    /// <summary>256-bit vectors: AVX2 and FMA, with AVX-VNNI where the processor has it.</summary>
    Vector256,
    /// <summary>512-bit vectors: AVX-512 F and BW.</summary>
    Vector512,
    /// <summary>AVX-512 VNNI: machine code emitted at run time for the products of several tokens, the rest as <see cref="Vector512"/>.</summary>
    Avx512Vnni,
}
