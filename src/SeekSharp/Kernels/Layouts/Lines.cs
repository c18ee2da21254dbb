using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>The pieces that packed layouts are made of: transposed words, float16 scales, six-bit scales, interleaved sub-blocks.</summary>
internal static unsafe class Lines
{
    /// <summary>Rows per group, and lanes per line.</summary>
    public const int Rows = 16;

    /// <summary>Bytes of a line: a word per row, a cache line of most processors.</summary>
    public const int LineBytes = 64;

    private const float TwoToMinus14 = 6.103515625e-5f;

    /// <summary>0x0f in every byte: selects lower nibbles.</summary>
    public const int Nibbles = 0x0f0f0f0f;

    /// <summary>Transposes words of 16 rows into lines.</summary>
    /// <param name="rows">Start of each row's block.</param>
    /// <param name="offset">Where in the blocks the words start.</param>
    /// <param name="count">Number of words.</param>
    /// <param name="lines">Destination of the first line.</param>
    /// <param name="stride">Bytes from line to line.</param>
    /// <param name="flip">Bits to invert.</param>
    public static void Transpose(byte** rows, int offset, int count, byte* lines, int stride = LineBytes, uint flip = 0)
    {
        for (int word = 0; word < count; word++)
        {
            uint* line = (uint*)(lines + ((long)word * stride));
            for (int row = 0; row < Rows; row++) line[row] = Unsafe.ReadUnaligned<uint>(rows[row] + offset + (word * 4)) ^ flip;
        }
    }

    /// <summary>Gathers one float16 of each row.</summary>
    public static void GatherHalves(byte** rows, int offset, byte* destination)
    {
        for (int row = 0; row < Rows; row++) ((ushort*)destination)[row] = Unsafe.ReadUnaligned<ushort>(rows[row] + offset);
    }

    /// <summary>Converts float16 to float32 exactly, infinities and NaN included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat HalfToFloat<TLanes, TInt, TFloat>(byte* halves)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt bits = TLanes.LoadUInt16(halves);
        TInt magnitude = TLanes.And(bits, TLanes.Broadcast(0x7fff));
        TInt special = TLanes.And(TLanes.GreaterThan(magnitude, TLanes.Broadcast(0x7bff)), TLanes.Broadcast(0x7f800000));
        return WithSign<TLanes, TInt, TFloat>(TLanes.Or(Magnitude<TLanes, TInt, TFloat>(magnitude), special), bits);
    }

    /// <summary>Converts finite float16 to float32 exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat FiniteHalfToFloat<TLanes, TInt, TFloat>(byte* halves)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt bits = TLanes.LoadUInt16(halves);
        return WithSign<TLanes, TInt, TFloat>(Magnitude<TLanes, TInt, TFloat>(TLanes.And(bits, TLanes.Broadcast(0x7fff))), bits);
    }

    // Exponent and mantissa in place, and the exponent's bias raised by 112. That is right for normal numbers; a subnormal one, m x 2^-24, becomes
    // 2^-15 + m x 2^-25 =: f, and 2 f - 2^-14 is right, which is less than f just then. The usual multiplication by 2^112 instead would be of
    // subnormal float32s, for which processors leave their fast path, and the scales of 6-bit weights often are subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TInt Magnitude<TLanes, TInt, TFloat>(TInt magnitude)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TFloat normal = TLanes.AsFloat(TLanes.Add(TLanes.ShiftLeft(magnitude, 13), TLanes.Broadcast(112 << 23)));
        TFloat subnormal = TLanes.Subtract(TLanes.Add(normal, normal), TLanes.BroadcastFloat(TwoToMinus14));
        return TLanes.AsInt(TLanes.Min(normal, subnormal));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TFloat WithSign<TLanes, TInt, TFloat>(TInt magnitude, TInt half)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        TLanes.AsFloat(TLanes.Or(magnitude, TLanes.ShiftLeft(TLanes.And(half, TLanes.Broadcast(0x8000)), 16)));

    /// <summary>Packs 16 six-bit numbers of one row into three lines: 4 + 4 bits of numbers 0-3 | 4-7, of 8-11 | 12-15, and all upper 2 bits.</summary>
    public static void PackSixBits(ReadOnlySpan<byte> numbers, byte* lines, int row)
    {
        for (int quarter = 0; quarter < 4; quarter++)
        {
            for (int j = 0; j < 4; j++)
            {
                int number = numbers[(quarter * 4) + j], at = (j * Rows) + row;
                lines[((quarter >> 1) * LineBytes) + at] |= (byte)((number & 15) << ((quarter & 1) * 4));
                lines[(2 * LineBytes) + at] |= (byte)((number >> 4) << (quarter * 2));
            }
        }
    }

    /// <summary>Unpacks what <see cref="PackSixBits"/> packed to bytes [16 numbers][16 rows].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackSixBits<TLanes, TInt, TFloat>(byte* lines, byte* bytes)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt nibbles = TLanes.Broadcast(Nibbles), upperBits = TLanes.Broadcast(0x30303030);
        for (int at = 0; at < LineBytes; at += TLanes.Count * 4)
        {
            TInt first = TLanes.Load(lines + at), second = TLanes.Load(lines + LineBytes + at), upper = TLanes.Load(lines + (2 * LineBytes) + at);
            TLanes.Store(bytes + at, TLanes.Or(TLanes.And(first, nibbles), TLanes.And(TLanes.ShiftLeft(upper, 4), upperBits)));
            TLanes.Store(
                bytes + LineBytes + at,
                TLanes.Or(TLanes.And(TLanes.ShiftRight(first, 4), nibbles), TLanes.And(TLanes.ShiftLeft(upper, 2), upperBits)));
            TLanes.Store(bytes + (2 * LineBytes) + at, TLanes.Or(TLanes.And(second, nibbles), TLanes.And(upper, upperBits)));
            TLanes.Store(
                bytes + (3 * LineBytes) + at,
                TLanes.Or(TLanes.And(TLanes.ShiftRight(second, 4), nibbles), TLanes.And(TLanes.ShiftRight(upper, 2), upperBits)));
        }
    }

    /// <summary>
    /// First column of a sub-block of 16 in the order of Q2_K, Q3_K and Q6_K: each byte of those holds four columns that are 32 apart, so the four
    /// sub-blocks that share bytes follow each other.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int InterleavedStart(int subBlock) => ((subBlock >> 3) * 128) + ((subBlock & 3) * 32) + (((subBlock >> 2) & 1) * 16);
}
