using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q5_0: [2 x 16 scales][2 x (line of fifth bits, 4 lines of nibbles)], 704 bytes for 16 x 64 weights.</summary>
internal readonly unsafe struct Q5_0Format : IQuantizedFormat
{
    private const int Header = 1 * Lines.LineBytes;
    private const int BlockLines = 5 * Lines.LineBytes;

    public static int BlockLength => SmallBlocks.BlockLength;
    public static int SubBlockLength => SmallBlocks.BlockLength;
    public static int UnitBytes => Header + (2 * BlockLines);
    public static int TurnSubBlocks => 2;
    public static int TurnBytes => UnitBytes;
    public static int LargestQuant => 31;
    public static int OffsetShift => 4;
    public static bool HasMinima => false;
    public static int ScaleOffset => 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => subBlock * 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        byte* block = unit + Header + (subBlock * BlockLines);
        return TLanes.Or(
            SmallBlocks.Nibbles<TLanes, TInt, TFloat>(block + Lines.LineBytes, step),
            SmallBlocks.FifthBits<TLanes, TInt, TFloat>(block, step));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        SmallBlocks.UnpackScales<TLanes, TInt, TFloat>(unit, scales, null);

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        byte* block = unit + Header + (blockOfUnit * BlockLines);
        SmallBlocks.PackScales(rows, unit, blockOfUnit, HasMinima);
        SmallBlocks.PackFifthBits(rows, 2, block);
        Lines.Transpose(rows, 6, 4, block + Lines.LineBytes);
    }
}
