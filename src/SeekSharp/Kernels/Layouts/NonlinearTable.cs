using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>The 16 values of the non-linear 4-bit types IQ4_NL and IQ4_XS.</summary>
internal static class NonlinearTable
{
    /// <summary>The values.</summary>
    public static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>The values plus 128, as the dot products want them.</summary>
    public static Vector128<byte> Unsigned => Vector128.Create((byte)1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241);
}
