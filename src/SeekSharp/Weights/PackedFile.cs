using SeekSharp.Formats;

namespace SeekSharp.Weights;

/// <summary>Packed weights in a mapped file: nothing is copied, and processes with the same model share one copy in memory.</summary>
internal sealed unsafe class PackedFile : PackedWeights
{
    private const int PopulateStep = 64 << 20;

    private readonly MappedFile _file;
    private readonly Task _finishing;
    private readonly Thread? _reader;
    private volatile bool _isDisposed;

    private PackedFile(MappedFile file, WeightOrigin origin, bool readAhead, Task? finishing)
    {
        _finishing = finishing ?? Task.CompletedTask;
        _file = file;
        Origin = origin;
        Start = file.Pointer(0, file.Length);
        file.PreferHugePages();
        if (!readAhead) return;
        _reader = new Thread(ReadAhead) { IsBackground = true, Name = "SeekSharp weights", Priority = ThreadPriority.BelowNormal };
        _reader.Start();
    }

    public override byte* Start { get; }

    public override long ByteCount => _file.Length;

    public override WeightOrigin Origin { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file; its header has been checked.</param>
    /// <param name="origin">How its weights came there.</param>
    /// <param name="readAhead">Whether a thread brings the whole file into memory while the first tokens are computed.</param>
    /// <param name="finishing">What is still to be done for the file in the background; it does not throw, and it is waited for in the end.</param>
    /// <exception cref="ModelFormatException">The file cannot be mapped.</exception>
    public static PackedFile Map(string path, WeightOrigin origin, bool readAhead, Task? finishing = null) =>
        new(MappedFile.Open(path, FileShare.ReadWrite | FileShare.Delete), origin, readAhead, finishing);

    public override void Dispose()
    {
        _isDisposed = true;
        _finishing.Wait();
        _reader?.Join();
        _file.Dispose();
    }

    private void ReadAhead()
    {
        for (long at = 0; at < _file.Length && !_isDisposed; at += PopulateStep)
            if (!_file.Populate(at, Math.Min(PopulateStep, _file.Length - at))) return;
    }
}
