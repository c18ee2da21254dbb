using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q3_K: [16 scales, half a line unused][3 lines of six-bit sub-block scales][8 x (line of third bits, line of 2-bit quants)][8 lines of 2-bit quants], 1,792 bytes for 16 x 256 weights (the file's 1,760 and 2 %).</summary>
internal readonly unsafe struct Q3_KFormat : IQuantizedFormat
{
    private const int SixBits = Lines.LineBytes;
    private const int FirstHalf = 4 * Lines.LineBytes;
    private const int SecondHalf = FirstHalf + (16 * Lines.LineBytes);

    public static int BlockLength => 256;
    public static int SubBlockLength => 16;
    public static int UnitBytes => SecondHalf + (8 * Lines.LineBytes);
    public static int TurnSubBlocks => 16;
    public static int TurnBytes => UnitBytes;
    public static int LargestQuant => 7;
    public static int OffsetShift => 2;
    public static bool HasMinima => false;
    public static int ScaleOffset => 108;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => Lines.InterleavedStart(subBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        int word = ((subBlock & 4) + step) * Lines.LineBytes;
        byte* third = unit + FirstHalf + (word * 2);
        byte* lowerBits = subBlock < 8 ? third + Lines.LineBytes : unit + SecondHalf + word;
        TInt lower = TLanes.And(TLanes.ShiftRight(TLanes.Load(lowerBits), (subBlock & 3) * 2), TLanes.Broadcast(0x03030303));
        TInt upper = TLanes.ShiftRight(TLanes.Load(third), ((subBlock >> 3) * 4) + (subBlock & 3));
        return TLanes.Or(lower, TLanes.ShiftLeft(TLanes.And(upper, TLanes.Broadcast(0x01010101)), 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt offset = TLanes.Broadcast(32);
        Lines.UnpackSixBits<TLanes, TInt, TFloat>(unit + SixBits, temporary);
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat scale = TLanes.LoadFiniteHalves(unit + (row * 2));
            for (int at = row; at < 16 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(scales + at, TLanes.Multiply(scale, TLanes.ToFloat(TLanes.Subtract(TLanes.LoadBytes(temporary + at), offset))));
        }
    }

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        Span<byte> numbers = stackalloc byte[16];
        Lines.GatherHalves(rows, ScaleOffset, unit);
        new Span<byte>(unit + SixBits, 3 * Lines.LineBytes).Clear();
        for (int row = 0; row < Lines.Rows; row++)
        {
            for (int subBlock = 0; subBlock < 16; subBlock++)
                numbers[subBlock] = (byte)(BlockDecoder.Q3_KScale(rows[row] + 96, SubBlockStart(subBlock) / SubBlockLength) + 32);
            Lines.PackSixBits(numbers, unit + SixBits, row);
        }
        Lines.Transpose(rows, 0, 8, unit + FirstHalf, 2 * Lines.LineBytes);
        Lines.Transpose(rows, 32, 8, unit + FirstHalf + Lines.LineBytes, 2 * Lines.LineBytes);
        Lines.Transpose(rows, 64, 8, unit + SecondHalf);
    }
}
