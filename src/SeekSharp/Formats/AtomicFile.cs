namespace SeekSharp.Formats;

/// <summary>
/// A file that appears under its name only when it is complete: it is written beside its place under another name, brought to the disk, then renamed.
/// What is not committed is deleted.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    /// <summary>Behind the name of a file or folder that is being written.</summary>
    public const string Suffix = ".writing";

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly bool _overwrite;
    private FileStream? _stream;
    private bool _isCommitted;

    /// <summary>Starts a file.</summary>
    /// <param name="path">Where it shall be.</param>
    /// <param name="length">Bytes that it will have; the disk must have room for them.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <exception cref="IOException">There is such a file, the disk has no room, or the file cannot be made.</exception>
    public AtomicFile(string path, long length, bool overwrite)
    {
        _path = path;
        _temporaryPath = path + Suffix;
        _overwrite = overwrite;
        if (!overwrite && (File.Exists(path) || Directory.Exists(path))) throw new IOException($"'{path}' exists already.");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        RequireRoom(folder, length);
        _stream = new FileStream(_temporaryPath, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            PreallocationSize = length,
        });
    }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => Stream.Write(bytes);

    /// <summary>Brings the file to the disk and gives it its name.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        _stream = null;
        File.Move(_temporaryPath, _path, _overwrite);
        _isCommitted = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isCommitted) return;
        _isCommitted = true; // once
        _stream?.Dispose();
        _stream = null;
        File.Delete(_temporaryPath);
    }

    /// <summary>Checks that a folder's disk has room.</summary>
    /// <exception cref="IOException">It has not.</exception>
    public static void RequireRoom(string folder, long length)
    {
        long available;
        try
        {
            available = new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return; // network shares do not always say; writing will
        }

        if (available < length)
            throw new IOException($"'{folder}' has {available} bytes free, {length} are needed: {length - available} are missing.");
    }

    private FileStream Stream => _stream ?? throw new ObjectDisposedException(nameof(AtomicFile));
}
