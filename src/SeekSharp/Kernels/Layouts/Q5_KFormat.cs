using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q5_K: [4 lines of scales and minima][8 x (line of fifth bits, line of nibbles of columns 0 to 63)][3 x 8 lines of nibbles], 2,816 bytes for 16 x 256 weights.</summary>
internal readonly unsafe struct Q5_KFormat : IQuantizedFormat
{
    private const int Quads = SixBitScales.HeaderBytes;
    private const int LaterNibbles = Quads + (8 * Lines.LineBytes);

    public static int BlockLength => 256;
    public static int SubBlockLength => 32;
    public static int UnitBytes => LaterNibbles + (32 * Lines.LineBytes);
    public static int TurnSubBlocks => 8;
    public static int TurnBytes => UnitBytes;
    public static int LargestQuant => 31;
    public static int OffsetShift => -1;
    public static bool HasMinima => true;
    public static int ScaleOffset => 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => subBlock * 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        // Fifth bits stand beside the nibbles that are read with them first, so that lines are touched in ascending order.
        byte* fifth = unit + (Quads + (step * 2 * Lines.LineBytes));
        byte* nibbles = subBlock < 2 ? fifth + Lines.LineBytes : unit + ((subBlock >> 1) * 8 * Lines.LineBytes) + (LaterNibbles + (step * Lines.LineBytes));
        TInt lower = TLanes.And(TLanes.ShiftRight(TLanes.Load(nibbles), (subBlock & 1) * 4), TLanes.Broadcast(Lines.Nibbles));
        TInt upper = TLanes.And(TLanes.ShiftRight(TLanes.Load(fifth), subBlock), TLanes.Broadcast(0x01010101));
        return TLanes.Or(lower, TLanes.ShiftLeft(upper, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        SixBitScales.Unpack<TLanes, TInt, TFloat>(unit, scales, minima, temporary);

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        SixBitScales.Pack(rows, unit);
        Lines.Transpose(rows, 16, 8, unit + Quads, 2 * Lines.LineBytes);
        Lines.Transpose(rows, 48, 8, unit + Quads + Lines.LineBytes, 2 * Lines.LineBytes);
        Lines.Transpose(rows, 48 + 32, 24, unit + LaterNibbles + (8 * Lines.LineBytes));
    }
}
