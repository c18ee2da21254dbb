using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SeekSharp.Kernels;

/// <summary>Transposes 16 rows of 16 32-bit words in 64 shuffles of 512-bit vectors.</summary>
internal static unsafe class Transposition
{
    private const int Size = 16;

    public static bool IsSupported => Avx512F.IsSupported;

    /// <param name="source">16 rows of 16 words.</param>
    /// <param name="sourceStride">Words between them.</param>
    /// <param name="target">Receives the 16 columns as rows of 16 words, one behind the other.</param>
    public static void Run(uint* source, long sourceStride, uint* target)
    {
        Vector512<uint>* quarters = stackalloc Vector512<uint>[Size];
        for (int i = 0; i < Size; i += 4, source += 4 * sourceStride)
        {
            // Column 4 b + j of these 4 rows comes to the 128-bit block b of quarter j.
            Vector512<uint> row0 = Vector512.Load(source), row1 = Vector512.Load(source + sourceStride);
            Vector512<uint> row2 = Vector512.Load(source + (2 * sourceStride)), row3 = Vector512.Load(source + (3 * sourceStride));
            Vector512<ulong> low01 = Avx512F.UnpackLow(row0, row1).AsUInt64(), high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
            Vector512<ulong> low23 = Avx512F.UnpackLow(row2, row3).AsUInt64(), high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
            quarters[i] = Avx512F.UnpackLow(low01, low23).AsUInt32();
            quarters[i + 1] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            quarters[i + 2] = Avx512F.UnpackLow(high01, high23).AsUInt32();
            quarters[i + 3] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }

        const byte Even = 0b10_00_10_00, Odd = 0b11_01_11_01;
        for (int j = 0; j < 4; j++, target += Size)
        {
            Vector512<uint> even01 = Avx512F.Shuffle4x128(quarters[j], quarters[j + 4], Even), odd01 = Avx512F.Shuffle4x128(quarters[j], quarters[j + 4], Odd);
            Vector512<uint> even23 = Avx512F.Shuffle4x128(quarters[j + 8], quarters[j + 12], Even), odd23 = Avx512F.Shuffle4x128(quarters[j + 8], quarters[j + 12], Odd);
            Avx512F.Shuffle4x128(even01, even23, Even).Store(target);
            Avx512F.Shuffle4x128(odd01, odd23, Even).Store(target + (4 * Size));
            Avx512F.Shuffle4x128(even01, even23, Odd).Store(target + (8 * Size));
            Avx512F.Shuffle4x128(odd01, odd23, Odd).Store(target + (12 * Size));
        }
    }
}
