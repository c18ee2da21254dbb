using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>IQ4_XS: [16 scales, half a line unused][8 x 16 signed bytes of sub-block scales][32 lines of nibbles], 2,240 bytes for 16 x 256 weights (the file's 2,176 and 3 %).</summary>
internal readonly unsafe struct IQ4_XSFormat : IQuantizedFormat
{
    private const int SubScales = Lines.LineBytes;
    private const int Header = 3 * Lines.LineBytes;
    private const int SubBlockLines = 4 * Lines.LineBytes;

    public static int BlockLength => 256;
    public static int SubBlockLength => 32;
    public static int UnitBytes => Header + (8 * SubBlockLines);
    public static int TurnSubBlocks => 2;
    public static int TurnBytes => 2 * SubBlockLines;
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
        TLanes.LookUp(SmallBlocks.Nibbles<TLanes, TInt, TFloat>(unit + Header + (subBlock * SubBlockLines), step), NonlinearTable.Unsigned);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat scale = TLanes.LoadFiniteHalves(unit + (row * 2));
            for (int at = row; at < 8 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(scales + at, TLanes.Multiply(scale, TLanes.ToFloat(TLanes.LoadSignedBytes(unit + SubScales + at))));
        }
    }

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        Lines.GatherHalves(rows, ScaleOffset, unit);
        for (int row = 0; row < Lines.Rows; row++)
        {
            for (int j = 0; j < 8; j++) unit[SubScales + (j * Lines.Rows) + row] = (byte)BlockDecoder.IQ4_XSScale(rows[row], j);
        }
        Lines.Transpose(rows, 8, 32, unit + Header);
    }
}
