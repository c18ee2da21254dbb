using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q8_0: [2 x 16 scales][2 x 8 lines of bytes, offset by 128 to be unsigned], 1,088 bytes for 16 x 64 weights.</summary>
internal readonly unsafe struct Q8_0Format : IQuantizedFormat
{
    private const int Header = Lines.LineBytes;
    private const int BlockLines = 8 * Lines.LineBytes;

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
        TLanes.Load(unit + Header + (subBlock * BlockLines) + (step * Lines.LineBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged =>
        SmallBlocks.UnpackScales<TLanes, TInt, TFloat>(unit, scales, null);

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        SmallBlocks.PackScales(rows, unit, blockOfUnit, HasMinima);
        Lines.Transpose(rows, 2, 8, unit + Header + (blockOfUnit * BlockLines), flip: 0x80808080);
    }
}
