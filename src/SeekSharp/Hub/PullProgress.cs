namespace SeekSharp.Hub;

/// <summary>What a pull is doing.</summary>
public enum PullPhase
{
    /// <summary>Asks the hub what the repository holds.</summary>
    Listing,

    /// <summary>Transfers.</summary>
    Downloading,

    /// <summary>Hashes a file that is there.</summary>
    Checking,

    /// <summary>Everything is in place.</summary>
    Done,
}

/// <summary>How far a pull is. Written by the pull, read at any time from any thread.</summary>
public sealed class PullProgress
{
    private long _doneBytes, _receivedBytes, _checkedBytes, _totalBytes, _fileBytes;
    private volatile string? _file, _trouble;
    private volatile int _phase;

    /// <summary>What is being done.</summary>
    public PullPhase Phase
    {
        get => (PullPhase)_phase;
        internal set => _phase = (int)value;
    }

    /// <summary>Bytes of all chosen files; 0 until they are known.</summary>
    public long TotalBytes
    {
        get => Interlocked.Read(ref _totalBytes);
        internal set => Interlocked.Exchange(ref _totalBytes, value);
    }

    /// <summary>Bytes that are here, from this pull or from earlier ones.</summary>
    public long DoneBytes => Interlocked.Read(ref _doneBytes);

    /// <summary>Bytes that this pull received.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    /// <summary>Bytes of <see cref="File"/> that are hashed.</summary>
    public long CheckedBytes => Interlocked.Read(ref _checkedBytes);

    /// <summary>Bytes of <see cref="File"/>.</summary>
    public long FileBytes => Interlocked.Read(ref _fileBytes);

    /// <summary>The file at work.</summary>
    public string? File => _file;

    /// <summary>Why the pull waits before it tries again; null while it does not wait.</summary>
    public string? Trouble
    {
        get => _trouble;
        internal set => _trouble = value;
    }

    internal void Begin(PullPhase phase, string file, long bytes)
    {
        _file = FileNames.Printable(file);
        Interlocked.Exchange(ref _fileBytes, bytes);
        Interlocked.Exchange(ref _checkedBytes, 0);
        Phase = phase;
    }

    internal void AddReceived(int bytes)
    {
        Interlocked.Add(ref _receivedBytes, bytes);
        Interlocked.Add(ref _doneBytes, bytes);
    }

    /// <summary>Bytes that were here already, or, below 0, that are thrown away.</summary>
    internal void AddDone(long bytes) => Interlocked.Add(ref _doneBytes, bytes);

    internal void AddChecked(int bytes) => Interlocked.Add(ref _checkedBytes, bytes);
}
