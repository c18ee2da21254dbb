namespace SeekSharp.Kernels;

/// <summary>Working memory of one thread: a panel of unpacked weights that stays in the first-level cache, and the sums of the tokens at work.</summary>
internal sealed unsafe class KernelScratch : IDisposable
{
    /// <summary>Columns of a panel of quantised weights: 16 rows take 16 KiB as bytes.</summary>
    public const int QuantizedColumns = 1024;

    /// <summary>Columns of a panel of float weights: 16 rows take 16 KiB.</summary>
    public const int FloatColumns = 256;

    /// <summary>Most tokens per pass over the weights.</summary>
    public const int MaxTokens = 256;

    /// <summary>Room for tokens that fill up the last tile.</summary>
    public const int TokenPadding = 8;

    private const int PanelBytes = QuantizedColumns * Lines.Rows;
    private const int ScaleBytes = QuantizedColumns / 16 * Lines.LineBytes;
    private const int TemporaryBytes = 256;
    private const int SumBytes = (MaxTokens + TokenPadding) * Lines.LineBytes;
    private const int RowBytes = (MaxTokens + TokenPadding) * sizeof(int);

    private readonly AlignedBuffer _memory = new(PanelBytes + (2 * ScaleBytes) + TemporaryBytes + SumBytes + RowBytes);

    private AlignedBuffer _tiles = new(0);
    private AlignedBuffer _streamed = new(0);

    public KernelScratch()
    {
        Panel = _memory.Pointer;
        Scales = (float*)(Panel + PanelBytes);
        Minima = (float*)((byte*)Scales + ScaleBytes);
        Temporary = (byte*)Minima + ScaleBytes;
        Sums = (float*)(Temporary + TemporaryBytes);
        Rows = (int*)((byte*)Sums + SumBytes);
    }

    /// <summary>Unpacked weights: bytes [sub-block][step][16][4], or floats [column][16].</summary>
    public byte* Panel { get; }

    /// <summary>Unpacked scales of the panel, [sub-block][16].</summary>
    public float* Scales { get; }

    /// <summary>Unpacked minima of the panel, [sub-block][16].</summary>
    public float* Minima { get; }

    /// <summary>Working space for unpacking scales.</summary>
    public byte* Temporary { get; }

    /// <summary>Sums of the row group at work, [token][16].</summary>
    public float* Sums { get; }

    /// <summary>Input rows of the tokens at work, the last one repeated to fill the last tile.</summary>
    public int* Rows { get; }

    /// <summary>Activations of the tokens at work, interleaved for emitted kernels.</summary>
    public byte* Tiles => _tiles.Pointer;

    /// <summary>Makes room for tiles; what they held is lost.</summary>
    public void ReserveTiles(long byteCount)
    {
        if (_tiles.ByteCount >= byteCount) return;
        _tiles.Dispose();
        _tiles = new AlignedBuffer(byteCount);
    }

    /// <summary>Room for the activations of tokens that stream, as emitted kernels read them; what was there is lost when it grows.</summary>
    public byte* Streamed(long byteCount)
    {
        if (_streamed.ByteCount < byteCount)
        {
            _streamed.Dispose();
            _streamed = new AlignedBuffer(byteCount);
        }
        return _streamed.Pointer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _streamed.Dispose();
        _tiles.Dispose();
    }
}
