namespace SeekSharp.Kernels;

/// <summary>The float32 rows that products read, and their int8 forms, each made once on demand and shared by all products that read these rows.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private readonly QuantizedRows?[] _quantized = new QuantizedRows?[Enum.GetValues<ActivationFormat>().Length];
    private readonly bool[] _isCurrent = new bool[Enum.GetValues<ActivationFormat>().Length];

    /// <summary>Reserves room for rows; memory of the int8 forms is allocated when one is first needed.</summary>
    /// <param name="maxRows">Most rows that will ever be set.</param>
    /// <param name="columns">Length of a row.</param>
    public Activations(int maxRows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        MaxRows = maxRows;
        Columns = columns;
    }

    /// <summary>Most rows that can be set.</summary>
    public int MaxRows { get; }

    /// <summary>Length of a row.</summary>
    public int Columns { get; }

    /// <summary>Rows that are set now.</summary>
    public int Rows { get; private set; }

    /// <summary>The first row.</summary>
    public float* Source { get; private set; }

    /// <summary>Floats from row to row.</summary>
    public long Stride { get; private set; }

    /// <summary>Names the rows that the next products read. They must stay in place and unchanged until those products are done.</summary>
    /// <param name="source">First row.</param>
    /// <param name="strideInFloats">Floats from row to row.</param>
    /// <param name="rows">Number of rows, at most <see cref="MaxRows"/>.</param>
    public void Set(float* source, long strideInFloats, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        Source = source;
        Stride = strideInFloats;
        Rows = rows;
        Array.Clear(_isCurrent);
    }

    /// <summary>Prepares for quantising to a format.</summary>
    /// <returns>True when <see cref="Quantize"/> must be called for the rows that are set.</returns>
    internal bool BeginQuantize(ActivationFormat format)
    {
        if (format == ActivationFormat.Float32 || _isCurrent[(int)format]) return false;
        _quantized[(int)format] ??= new QuantizedRows(MaxRows, Columns, format == ActivationFormat.Int8Block32 ? 32 : 256);
        _isCurrent[(int)format] = true;
        return true;
    }

    /// <summary>Quantises some rows; different threads may do different rows.</summary>
    internal void Quantize(ActivationFormat format, int firstRow, int endRow)
    {
        QuantizedRows rows = Quantized(format);
        for (int row = firstRow; row < endRow; row++) rows.Quantize(Source + (row * Stride), row);
    }

    /// <summary>The int8 form; <see cref="BeginQuantize"/> has been called.</summary>
    internal QuantizedRows Quantized(ActivationFormat format) => _quantized[(int)format]!;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (QuantizedRows? rows in _quantized) rows?.Dispose();
        Array.Clear(_quantized);
        Array.Clear(_isCurrent);
    }
}

/// <summary>Rows of int8 activations with scales per block and sums per sub-block.</summary>
internal sealed unsafe class QuantizedRows : IDisposable
{
    private readonly AlignedBuffer _memory;
    private readonly byte* _start;
    private readonly long _rowBytes;
    private readonly int _columns;
    private readonly int _blockLength;
    private readonly int _scalesOffset;
    private readonly int _sums16Offset;
    private readonly int _sums32Offset;

    public QuantizedRows(int maxRows, int columns, int blockLength)
    {
        _columns = columns;
        _blockLength = blockLength;
        // One row is [int8 values][scales][sums of 16][sums of 32]: a token's data lies together.
        _scalesOffset = Align(columns);
        _sums16Offset = _scalesOffset + Align(columns / blockLength * sizeof(float));
        _sums32Offset = _sums16Offset + Align(columns / 16 * sizeof(short));
        _rowBytes = _sums32Offset + Align(columns / 32 * sizeof(short));
        _memory = new AlignedBuffer(maxRows * _rowBytes);
        _start = _memory.Pointer;
    }

    public sbyte* Values(int row) => (sbyte*)(_start + (row * _rowBytes));

    public float* Scales(int row) => (float*)(_start + (row * _rowBytes) + _scalesOffset);

    /// <summary>Sums of <paramref name="length"/> (16 or 32) neighbouring values.</summary>
    public short* Sums(int row, int length) => (short*)(_start + (row * _rowBytes) + (length == 16 ? _sums16Offset : _sums32Offset));

    public void Quantize(float* source, int row) =>
        ActivationQuantizer.Quantize(source, _columns, _blockLength, Values(row), Scales(row), Sums(row, 16), Sums(row, 32));

    public void Dispose() => _memory.Dispose();

    private static int Align(int bytes) => (bytes + Lines.LineBytes - 1) & -Lines.LineBytes;
}
