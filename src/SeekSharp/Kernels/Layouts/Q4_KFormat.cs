using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q4_K: [4 lines of scales and minima][4 x 8 lines of nibbles: lower ones columns 64c to 64c + 31, upper ones the next 32], 2,304 bytes for 16 x 256 weights.</summary>
internal readonly unsafe struct Q4_KFormat : IQuantizedFormat
{
    public static int BlockLength => 256;
    public static int SubBlockLength => 32;
    public static int UnitBytes => SixBitScales.HeaderBytes + (32 * Lines.LineBytes);
    public static int TurnSubBlocks => 2;
    public static int TurnBytes => 8 * Lines.LineBytes;
    public static int LargestQuant => 15;
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
        TInt word = TLanes.Load(unit + ((subBlock >> 1) * 8 * Lines.LineBytes) + (SixBitScales.HeaderBytes + (step * Lines.LineBytes)));
        return TLanes.And(TLanes.ShiftRight(word, (subBlock & 1) * 4), TLanes.Broadcast(Lines.Nibbles));
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
        Lines.Transpose(rows, 16, 32, unit + SixBitScales.HeaderBytes);
    }
}
