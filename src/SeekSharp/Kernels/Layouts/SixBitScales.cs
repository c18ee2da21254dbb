using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>The header that Q4_K and Q5_K share: [16 scales][16 factors of minima][8 + 8 six-bit scales and minima per row], 4 lines.</summary>
internal static unsafe class SixBitScales
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 4 * Lines.LineBytes;

    private const int Factors = Lines.LineBytes / 2;
    private const int SixBits = Lines.LineBytes;

    /// <summary>Packs the header of one block of 16 rows; the file's block starts with scale, factor of minima, 12 bytes of six-bit numbers.</summary>
    public static void Pack(byte** rows, byte* unit)
    {
        Span<byte> numbers = stackalloc byte[16];
        Lines.GatherHalves(rows, 0, unit);
        Lines.GatherHalves(rows, 2, unit + Factors);
        new Span<byte>(unit + SixBits, 3 * Lines.LineBytes).Clear();
        for (int row = 0; row < Lines.Rows; row++)
        {
            for (int j = 0; j < 8; j++)
            {
                numbers[j] = (byte)BlockDecoder.SixBitScale(rows[row] + 4, j);
                numbers[j + 8] = (byte)BlockDecoder.SixBitMinimum(rows[row] + 4, j);
            }
            Lines.PackSixBits(numbers, unit + SixBits, row);
        }
    }

    /// <summary>Unpacks the header; see <see cref="IQuantizedFormat.UnpackScales"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        const int FirstMinimum = 8 * Lines.Rows;
        Lines.UnpackSixBits<TLanes, TInt, TFloat>(unit + SixBits, temporary);
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat scale = TLanes.LoadFiniteHalves(unit + (row * 2));
            for (int at = row; at < 8 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(scales + at, TLanes.Multiply(scale, TLanes.ToFloat(TLanes.LoadBytes(temporary + at))));
            TFloat factor = TLanes.Multiply(TLanes.LoadFiniteHalves(unit + Factors + (row * 2)), TLanes.BroadcastFloat(-1));
            for (int at = row; at < 8 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(minima + at, TLanes.Multiply(factor, TLanes.ToFloat(TLanes.LoadBytes(temporary + FirstMinimum + at))));
        }
    }
}
