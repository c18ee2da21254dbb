using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>IQ4_NL: [2 x 16 scales][2 x 4 lines of nibbles], 576 bytes for 16 x 64 weights; nibbles are indices into <see cref="NonlinearTable"/>.</summary>
internal readonly unsafe struct IQ4_NLFormat : IQuantizedFormat
{
    private const int Header = Lines.LineBytes;
    private const int BlockLines = 4 * Lines.LineBytes;

    public static int BlockLength => SmallBlocks.BlockLength;
    public static int SubBlockLength => SmallBlocks.BlockLength;
    public static int UnitBytes => Header + (2 * BlockLines);
    public static int TurnSubBlocks => 2;
    public static int TurnBytes => UnitBytes;
    public static int LargestQuant => 255;
    public static int OffsetShift => 7;
    public static bool HasMinima => false;
    public static int ScaleOffset => 0;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => subBlock * 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        TLanes.LookUp(SmallBlocks.Nibbles<TLanes, TInt, TFloat>(unit + Header + (subBlock * BlockLines), step), NonlinearTable.Unsigned);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        SmallBlocks.UnpackScales<TLanes, TInt, TFloat>(unit, scales, null);

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        SmallBlocks.PackScales(rows, unit, blockOfUnit, HasMinima);
        Lines.Transpose(rows, 2, 4, unit + Header + (blockOfUnit * BlockLines));
    }
}
