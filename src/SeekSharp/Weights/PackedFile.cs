using SeekSharp.Formats;

namespace SeekSharp.Weights;

/// <summary>Packed weights in a mapped file: nothing is copied, and processes with the same model share one copy in memory.</summary>
internal sealed unsafe class PackedFile : PackedWeights
{
    private const int PopulateStep = 64 << 20;

    private readonly MappedFile _file;
    private readonly Thread? _reader;
    private volatile bool _isDisposed;

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file; its header has been checked, or it has just been written.</param>
    /// <param name="origin">How its weights came there.</param>
    /// <param name="readAhead">Whether a thread brings the whole file into memory while the first tokens are computed.</param>
    /// <exception cref="ModelFormatException">The file cannot be mapped.</exception>
    public PackedFile(string path, WeightOrigin origin, bool readAhead)
    {
        _file = MappedFile.Open(path, FileShare.ReadWrite | FileShare.Delete);
        Origin = origin;
        _file.PreferHugePages();
        if (!readAhead) return;
        _reader = new Thread(ReadAhead) { IsBackground = true, Name = "SeekSharp weights", Priority = ThreadPriority.BelowNormal };
        _reader.Start();
    }

    public override long ByteCount => _file.Length;

    public override WeightOrigin Origin { get; }

    public override byte* At(long offset) => _file.Pointer(offset, 0);

    protected override void Free()
    {
        _isDisposed = true;
        _reader?.Join();
        _file.Dispose();
    }

    private void ReadAhead()
    {
        for (long at = 0; at < _file.Length && !_isDisposed; at += PopulateStep)
            if (!_file.Populate(at, Math.Min(PopulateStep, _file.Length - at))) return;
    }
}
