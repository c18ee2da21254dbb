using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q6_K: [16 scales, half a line unused][16 x 16 signed bytes of sub-block scales][4 x (4 x (line of upper bits, line of nibbles), 4 lines of nibbles)], 3,392 bytes for 16 x 256 weights (the file's 3,360 and 1 %).</summary>
internal readonly unsafe struct Q6_KFormat : IQuantizedFormat
{
    private const int SubScales = Lines.LineBytes;
    private const int Header = 5 * Lines.LineBytes;
    private const int QuadBytes = 12 * Lines.LineBytes;
    private const int SecondNibbles = 8 * Lines.LineBytes;

    public static int BlockLength => 256;
    public static int SubBlockLength => 16;
    public static int UnitBytes => Header + (4 * QuadBytes);
    public static int TurnSubBlocks => 4;
    public static int TurnBytes => QuadBytes;
    public static int LargestQuant => 63;
    public static int OffsetShift => 5;
    public static bool HasMinima => false;
    public static int ScaleOffset => 208;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => Lines.InterleavedStart(subBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        // Four sub-blocks share a quad of lines: 0 and 2 the lower and upper nibbles of the first lines, 1 and 3 those of the second.
        byte* quad = unit + Header + ((subBlock >> 2) * QuadBytes);
        byte* nibbles = (subBlock & 1) == 0
            ? quad + (((step * 2) + 1) * Lines.LineBytes)
            : quad + SecondNibbles + (step * Lines.LineBytes);
        TInt lower = TLanes.And(TLanes.ShiftRight(TLanes.Load(nibbles), (subBlock & 2) * 2), TLanes.Broadcast(Lines.Nibbles));
        TInt upper = TLanes.ShiftRight(TLanes.Load(quad + (step * 2 * Lines.LineBytes)), (subBlock & 3) * 2);
        return TLanes.Or(lower, TLanes.ShiftLeft(TLanes.And(upper, TLanes.Broadcast(0x03030303)), 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat scale = TLanes.LoadFiniteHalves(unit + (row * 2));
            for (int at = row; at < 16 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(scales + at, TLanes.Multiply(scale, TLanes.ToFloat(TLanes.LoadSignedBytes(unit + SubScales + at))));
        }
    }

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        Lines.GatherHalves(rows, ScaleOffset, unit);
        for (int subBlock = 0; subBlock < 16; subBlock++)
        {
            int source = 192 + (SubBlockStart(subBlock) / SubBlockLength);
            for (int row = 0; row < Lines.Rows; row++) unit[SubScales + (subBlock * Lines.Rows) + row] = rows[row][source];
        }
        for (int quad = 0; quad < 4; quad++)
        {
            byte* lines = unit + Header + (quad * QuadBytes);
            int half = quad >> 1, words = (quad & 1) * 16;
            Lines.Transpose(rows, 128 + (half * 32) + words, 4, lines, 2 * Lines.LineBytes);
            Lines.Transpose(rows, (half * 64) + words, 4, lines + Lines.LineBytes, 2 * Lines.LineBytes);
            Lines.Transpose(rows, (half * 64) + 32 + words, 4, lines + SecondNibbles);
        }
    }
}
