namespace SeekSharp.Kernels;

/// <summary>
/// How one quantised type is laid out in packed form, and how its weights and scales are taken out again. Everything else (packing loops, products,
/// decoding) is written once over this interface.
/// </summary>
/// <remarks>
/// <para>
/// A row group is 16 output rows, one per 32-bit lane. Along the columns it is a sequence of <i>units</i> of 64 columns (two blocks of the types with
/// 32 weights per block) or 256 columns (one block of the others). A unit is a sequence of 64-byte <i>lines</i>: 16 words, one per row. A word of
/// quants holds 4 neighbouring columns, so one dot product of bytes multiplies 16 rows x 4 columns with 4 activations of one token. Nibbles and high
/// bits stay packed as they are in the file, which makes most of packing a transposition of words.
/// </para>
/// <para>
/// Products accumulate over sub-blocks in ascending order of their index here, which is the order in which a unit's lines are first touched when
/// read from start to end: hardware prefetching needs that order to reach the memory bandwidth in decoding.
/// </para>
/// </remarks>
internal unsafe interface IQuantizedFormat
{
    /// <summary>Weights per block of the file's format: 32 or 256.</summary>
    static abstract int BlockLength { get; }

    /// <summary>Weights per scale: 16 or 32.</summary>
    static abstract int SubBlockLength { get; }

    /// <summary>Bytes of a unit, a multiple of 64.</summary>
    static abstract int UnitBytes { get; }

    /// <summary>Sub-blocks after which <see cref="Quants"/> repeats itself <see cref="TurnBytes"/> further on; all of a unit where it does not.</summary>
    static abstract int TurnSubBlocks { get; }

    /// <summary>Bytes from a sub-block to the one <see cref="TurnSubBlocks"/> later.</summary>
    static abstract int TurnBytes { get; }

    /// <summary>Largest quant as <see cref="Quants"/> gives it: unsigned, before the offset is subtracted.</summary>
    static abstract int LargestQuant { get; }

    /// <summary>Base-2 logarithm of what must be subtracted from <see cref="Quants"/>; -1 for nothing.</summary>
    static abstract int OffsetShift { get; }

    /// <summary>Whether weights have a minimum beside their scale.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>Where the float16 scale stands in a block of the file; a float16 minimum follows it if there is one.</summary>
    static abstract int ScaleOffset { get; }

    /// <summary>First column, within its unit, of a sub-block.</summary>
    static abstract int SubBlockStart(int subBlock);

    /// <summary>Unsigned bytes of 4 columns for the rows of the vector.</summary>
    /// <param name="unit">The unit, advanced to the first row of the vector (4 bytes per row).</param>
    /// <param name="subBlock">Sub-block within the unit.</param>
    /// <param name="step">Which 4 columns of the sub-block. Callers pass constants, so that conditions on it vanish.</param>
    static abstract TInt Quants<TLanes, TInt, TFloat>(byte* unit, int subBlock, int step)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged;

    /// <summary>Unpacks the scales of all 16 rows of a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="scales">Receives [sub-block][16] float32 scales.</param>
    /// <param name="minima">Receives [sub-block][16] float32 minima, to be added; not used by types without minima.</param>
    /// <param name="temporary">256 bytes of working space.</param>
    static abstract void UnpackScales<TLanes, TInt, TFloat>(byte* unit, float* scales, float* minima, byte* temporary)
        where TLanes : struct, ILanes<TInt, TFloat>
        where TInt : unmanaged
        where TFloat : unmanaged;

    /// <summary>Packs one block of 16 rows.</summary>
    /// <param name="rows">Where the block of each row starts in the file's format.</param>
    /// <param name="unit">The unit to write into.</param>
    /// <param name="blockOfUnit">0 or, for blocks of 32, 1: which half of the unit.</param>
    static abstract void PackBlock(byte** rows, byte* unit, int blockOfUnit);
}
