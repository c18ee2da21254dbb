namespace SeekSharp.Inference;

/// <summary>Pages on their way from disk into the cache, for one sequence. They are read off the scheduler's thread; nobody else knows of these pages meanwhile.</summary>
/// <param name="shelf">Where they were kept.</param>
/// <param name="pool">The cache.</param>
/// <param name="keys">The pages, in order.</param>
/// <param name="pages">Where they go.</param>
internal sealed class PrefixLoad(PrefixShelf shelf, CachePool pool, List<PageKey> keys, List<int> pages)
{
    private volatile bool _isCancelled, _isDone;
    private Task _reading = Task.CompletedTask;

    public IReadOnlyList<PageKey> Keys => keys;

    /// <summary>Pages that were read, from the first on.</summary>
    public int ReadCount { get; private set; }

    /// <summary>Whether nothing is read any more.</summary>
    public bool IsDone => _isDone;

    /// <summary>Starts to read.</summary>
    /// <param name="done">Called at the end, from another thread.</param>
    public void Start(Action done) => _reading = Task.Run(() =>
    {
        try
        {
            while (ReadCount < keys.Count && !_isCancelled && shelf.TryRead(keys[ReadCount], pool.Bytes(pages[ReadCount]))) ReadCount++;
        }
        finally
        {
            _isDone = true;
            done();
        }
    });

    /// <summary>Stops behind the page that is being read.</summary>
    public void Cancel() => _isCancelled = true;

    /// <summary>Waits until nothing is read any more.</summary>
    public void Wait() => ((IAsyncResult)_reading).AsyncWaitHandle.WaitOne();
}
