using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>What the types with 32 weights per block share. Two blocks make a unit, so that quants start at a line: [scales of both][minima of both][quants].</summary>
internal static unsafe class SmallBlocks
{
    /// <summary>Columns of a unit.</summary>
    public const int UnitLength = 64;

    /// <summary>Weights per block, and columns of a sub-block.</summary>
    public const int BlockLength = 32;

    private const int HalfLine = Lines.LineBytes / 2;

    /// <summary>Packs the float16 scale, which stands first in a block, and the minimum behind it if there is one.</summary>
    public static void PackScales(byte** rows, byte* unit, int blockOfUnit, bool hasMinima)
    {
        Lines.GatherHalves(rows, 0, unit + (blockOfUnit * HalfLine));
        if (hasMinima) Lines.GatherHalves(rows, 2, unit + Lines.LineBytes + (blockOfUnit * HalfLine));
    }

    /// <summary>Unpacks scales, and minima unless their destination is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        for (int i = 0; i < 2 * Lines.Rows; i += TLanes.Count)
        {
            TLanes.StoreFloats(scales + i, TLanes.LoadFiniteHalves(unit + (i * 2)));
            if (minima is not null)
                TLanes.StoreFloats(minima + i, TLanes.LoadFiniteHalves(unit + Lines.LineBytes + (i * 2)));
        }
    }

    /// <summary>Nibbles of 32 columns in 4 lines: the lower ones are columns 0 to 15, the upper ones 16 to 31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Nibbles<TLanes, TInt, TFloat>(byte* lines, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt word = TLanes.Load(lines + ((step & 3) * Lines.LineBytes));
        if (step >= 4) word = TLanes.ShiftRight(word, 4);
        return TLanes.And(word, TLanes.Broadcast(Lines.Nibbles));
    }

    /// <summary>Turns 32 fifth bits, bit k for column k, into 4 bytes: byte c holds the bits of columns c, c + 4, ..., c + 28.</summary>
    public static uint TransposeFifthBits(uint bits)
    {
        uint bytes = 0;
        for (int c = 0; c < 4; c++)
        {
            uint lane = (bits >> c) & 0x11111111;
            lane = (lane | (lane >> 3)) & 0x03030303;
            lane = (lane | (lane >> 6)) & 0x000f000f;
            lane = (lane | (lane >> 12)) & 0x000000ff;
            bytes |= lane << (c * 8);
        }
        return bytes;
    }

    /// <summary>Packs the fifth bits of a block into one line.</summary>
    public static void PackFifthBits(byte** rows, int offset, byte* line)
    {
        for (int row = 0; row < Lines.Rows; row++) ((uint*)line)[row] = TransposeFifthBits(Unsafe.ReadUnaligned<uint>(rows[row] + offset));
    }

    /// <summary>The fifth bit of 4 columns, at its place in each byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt FifthBits<TLanes, TInt, TFloat>(byte* line, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt bits = TLanes.Load(line);
        bits = step < 4 ? TLanes.ShiftLeft(bits, 4 - step) : TLanes.ShiftRight(bits, step - 4);
        return TLanes.And(bits, TLanes.Broadcast(0x10101010));
    }
}
