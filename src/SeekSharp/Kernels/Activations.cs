namespace SeekSharp.Kernels;

/// <summary>The float32 rows that products read, and their int8 form, made once on demand and shared by all products that read these rows.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private QuantizedRows? _quantized;
    private bool _isCurrent;

    /// <summary>Reserves room for rows; memory of the int8 form is allocated when it is first needed.</summary>
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
        _isCurrent = false;
    }

    /// <summary>Prepares for quantising.</summary>
    /// <returns>True when <see cref="Quantize"/> must be called for the rows that are set.</returns>
    internal bool BeginQuantize()
    {
        if (_isCurrent) return false;
        _quantized ??= new QuantizedRows(MaxRows, Columns);
        _isCurrent = true;
        return true;
    }

    /// <summary>Quantises some rows; different threads may do different rows.</summary>
    internal void Quantize(int firstRow, int endRow)
    {
        for (int row = firstRow; row < endRow; row++) ActivationQuantizer.Quantize(Source + (row * Stride), Columns, Quantized.Row(row));
    }

    /// <summary>The int8 form; <see cref="BeginQuantize"/> has been called.</summary>
    internal QuantizedRows Quantized => _quantized!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _quantized?.Dispose();
        _quantized = null;
        _isCurrent = false;
    }
}

/// <summary>One row of int8 activations with what belongs to it.</summary>
/// <param name="values">One int8 per column.</param>
/// <param name="scales">One scale per <see cref="BlockLength"/> columns.</param>
/// <param name="sums16">Sums of 16 neighbouring integers.</param>
/// <param name="sums32">Sums of 32 neighbouring integers.</param>
/// <param name="scaledSums16">The same times the scale: what minima are multiplied with.</param>
/// <param name="scaledSums32">The same times the scale.</param>
internal readonly unsafe struct QuantizedRow(sbyte* values, float* scales, short* sums16, short* sums32, float* scaledSums16, float* scaledSums32)
{
    /// <summary>Columns that share a scale.</summary>
    public const int BlockLength = 32;

    public readonly sbyte* Values = values;
    public readonly float* Scales = scales;
    public readonly short* Sums16 = sums16;
    public readonly short* Sums32 = sums32;
    public readonly float* ScaledSums16 = scaledSums16;
    public readonly float* ScaledSums32 = scaledSums32;
}

/// <summary>Memory of quantised rows.</summary>
internal sealed unsafe class QuantizedRows : IDisposable
{
    private readonly AlignedBuffer _memory;
    private readonly byte* _start;
    private readonly long _rowBytes;
    private readonly int _scales;
    private readonly int _scaledSums32;
    private readonly int _scaledSums16;
    private readonly int _sums32;
    private readonly int _sums16;

    public QuantizedRows(int maxRows, int columns)
    {
        // A token's data lies together: values, then what is read once per 32 columns, then once per 16.
        int blocks = columns / QuantizedRow.BlockLength;
        _scales = Align(columns);
        _scaledSums32 = _scales + Align(blocks * sizeof(float));
        _sums32 = _scaledSums32 + Align(blocks * sizeof(float));
        _scaledSums16 = _sums32 + Align(blocks * sizeof(short));
        _sums16 = _scaledSums16 + Align(2 * blocks * sizeof(float));
        _rowBytes = _sums16 + Align(2 * blocks * sizeof(short));
        _memory = new AlignedBuffer(maxRows * _rowBytes);
        _start = _memory.Pointer;
    }

    public QuantizedRow Row(int row)
    {
        byte* start = _start + (row * _rowBytes);
        return new QuantizedRow(
            (sbyte*)start,
            (float*)(start + _scales),
            (short*)(start + _sums16),
            (short*)(start + _sums32),
            (float*)(start + _scaledSums16),
            (float*)(start + _scaledSums32));
    }

    public void Dispose() => _memory.Dispose();

    private static int Align(int bytes) => (bytes + Lines.LineBytes - 1) & -Lines.LineBytes;
}
