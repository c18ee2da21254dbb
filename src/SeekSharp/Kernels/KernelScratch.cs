using SeekSharp.Formats;

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
    private const int ScaleBytes = TileCode.MaxGroups * QuantizedColumns / 16 * Lines.LineBytes;
    private const int TemporaryBytes = 256;
    private const int SumBytes = (MaxTokens + TokenPadding) * TileCode.MaxGroups * Lines.LineBytes;
    private const int ZeroBytes = TileCode.MaxGroups * Lines.LineBytes;
    private const int RowBytes = (MaxTokens + TokenPadding) * sizeof(int);

    private readonly AlignedBuffer _memory = new(PanelBytes + (2 * ScaleBytes) + TemporaryBytes + SumBytes + ZeroBytes + RowBytes);

    private AlignedBuffer _tiles = new(0);
    private AlignedBuffer _streamed = new(0);

    public KernelScratch()
    {
        Panel = _memory.Pointer;
        Scales = (float*)(Panel + PanelBytes);
        Minima = (float*)((byte*)Scales + ScaleBytes);
        Temporary = (byte*)Minima + ScaleBytes;
        Sums = (float*)(Temporary + TemporaryBytes);
        Zeros = (float*)((byte*)Sums + SumBytes);
        Rows = (int*)((byte*)Zeros + ZeroBytes);
    }

    /// <summary>Unpacked weights: bytes [sub-block][step][16][4], or floats [column][16].</summary>
    public byte* Panel { get; }

    /// <summary>Unpacked scales of the panel, [sub-block][16].</summary>
    public float* Scales { get; }

    /// <summary>Unpacked minima of the panel, [sub-block][16].</summary>
    public float* Minima { get; }

    /// <summary>Working space for unpacking scales.</summary>
    public byte* Temporary { get; }

    /// <summary>Sums of the row group at work, [token][16]; of the two at work in emitted kernels, [token][2][16].</summary>
    public float* Sums { get; }

    /// <summary>Zeros, from which sums start.</summary>
    public float* Zeros { get; }

    /// <summary>Input rows of the tokens at work, the last one repeated to fill the last tile.</summary>
    public int* Rows { get; }

    /// <summary>Records of the tokens at work, for emitted kernels.</summary>
    public byte* Tiles => _tiles.Pointer;

    /// <summary>Which rows the tiles hold now: those that the first product of a list packs serve the ones after it, which read the same rows.</summary>
    public TileSource TileSource { get; set; }

    /// <summary>Makes room for tiles; what they held is lost.</summary>
    public void ReserveTiles(long byteCount)
    {
        TileSource = default;
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

/// <summary>Rows of quantised activations as tiles hold them.</summary>
/// <param name="Type">Type of the weights, which determines what stands beside the activations.</param>
/// <param name="Input">The activations.</param>
/// <param name="RowIndices">Which rows: see <see cref="Product"/>.</param>
/// <param name="RowStart">First row.</param>
/// <param name="RowStep">From row to row.</param>
/// <param name="FirstToken">First token of the pass.</param>
/// <param name="Tokens">Number of tokens.</param>
internal readonly record struct TileSource(TensorType Type, Activations? Input, nint RowIndices, int RowStart, int RowStep, int FirstToken, int Tokens);
