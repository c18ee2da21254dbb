using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>Q2_K: [16 scales][16 factors of minima][16 x 16 bytes: lower nibble scale, upper nibble minimum][16 lines of 2-bit quants], 1,344 bytes for 16 x 256 weights.</summary>
internal readonly unsafe struct Q2_KFormat : IQuantizedFormat
{
    private const int Factors = Lines.LineBytes / 2;
    private const int SubScales = Lines.LineBytes;
    private const int Header = 5 * Lines.LineBytes;

    public static int BlockLength => 256;
    public static int SubBlockLength => 16;
    public static int UnitBytes => Header + (16 * Lines.LineBytes);
    public static int TurnSubBlocks => 4;
    public static int TurnBytes => 4 * Lines.LineBytes;
    public static int LargestQuant => 3;
    public static int OffsetShift => -1;
    public static bool HasMinima => true;
    public static int ScaleOffset => 80;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SubBlockStart(int subBlock) => Lines.InterleavedStart(subBlock);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt word = TLanes.Load(unit + ((subBlock >> 2) * 4 * Lines.LineBytes) + (Header + (step * Lines.LineBytes)));
        return TLanes.And(TLanes.ShiftRight(word, (subBlock & 3) * 2), TLanes.Broadcast(0x03030303));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged
    {
        TInt nibble = TLanes.Broadcast(15);
        for (int row = 0; row < Lines.Rows; row += TLanes.Count)
        {
            TFloat scale = TLanes.LoadFiniteHalves(unit + (row * 2));
            for (int at = row; at < 16 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(scales + at, TLanes.Multiply(scale, TLanes.ToFloat(TLanes.And(TLanes.LoadBytes(unit + SubScales + at), nibble))));
            TFloat factor = TLanes.Multiply(TLanes.LoadFiniteHalves(unit + Factors + (row * 2)), TLanes.BroadcastFloat(-1));
            for (int at = row; at < 16 * Lines.Rows; at += Lines.Rows)
                TLanes.StoreFloats(minima + at, TLanes.Multiply(factor, TLanes.ToFloat(TLanes.ShiftRight(TLanes.LoadBytes(unit + SubScales + at), 4))));
        }
    }

    public static void PackBlock(byte** rows, byte* unit, int blockOfUnit)
    {
        Lines.GatherHalves(rows, ScaleOffset, unit);
        Lines.GatherHalves(rows, ScaleOffset + 2, unit + Factors);
        for (int subBlock = 0; subBlock < 16; subBlock++)
        {
            int source = SubBlockStart(subBlock) / SubBlockLength;
            for (int row = 0; row < Lines.Rows; row++) unit[SubScales + (subBlock * Lines.Rows) + row] = rows[row][source];
        }
        Lines.Transpose(rows, 16, 16, unit + Header);
    }
}
