using System.Buffers;
using System.Threading.Channels;
using SeekSharp.Formats;
using SeekSharp.Weights;

namespace SeekSharp.Inference;

/// <summary>
/// Computed prefixes on disk (DeepSeek's context caching): full cache pages, a file each, so that a prompt whose beginning was computed before a restart is not
/// computed again. A page is found by hashes of its tenant, of the model and the form of its cache, and of all tokens up to its end; the tokens themselves are not written.
/// Files are written in the background and are their owner's alone. Whatever is wrong with one, its prefix is computed as if it were not there.
/// </summary>
/// <remarks>
/// Thread-safe. One store may serve several schedulers, which then share its bound. Dispose it after them: what waits to be written is written then. What a page holds follows from
/// what its tenant wrote and could be turned back into it: <see cref="Erase"/> removes it.
/// </remarks>
public sealed class PrefixStore : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Bytes that may wait to be written.</summary>
    private const long MostPendingBytes = 64 << 20;

    /// <summary>A file's time is that of its last use, to within this.</summary>
    private static readonly TimeSpan s_timeStep = TimeSpan.FromMinutes(10);

    private readonly PrefixStoreOptions _options;
    private readonly Lock _lock = new();
    private readonly StoredPages _pages = new();
    private readonly HashSet<StoredPageKey> _pending = [];
    private readonly Dictionary<StoredPageKey, DateTime> _written = [];
    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Thread _writer;
    private long _pendingBytes;
    private int _erasures;
    private bool _hasNoticed;
    private bool _disposed;

    /// <summary>Opens a store, or makes one.</summary>
    /// <param name="options">Where it is and how large it may be.</param>
    /// <exception cref="IOException">The folder cannot be made, or others may write into it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be made or read.</exception>
    public PrefixStore(PrefixStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Folder);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MinTokens, nameof(options));
        _options = options;
        Folder = Path.GetFullPath(options.Folder);
        MakeFolder(Folder);
        RemoveLeftovers(Folder);
        foreach ((StoredPageKey key, FileInfo file) in Files(Folder).OrderBy(found => found.File.LastWriteTimeUtc)) _pages.Add(key, file.Length);
        _writer = new Thread(Write) { IsBackground = true, Name = "SeekSharp prefix store", Priority = ThreadPriority.BelowNormal };
        _writer.Start();
    }

    /// <summary>A page that waits to be written, or only its file's time (no buffer).</summary>
    /// <param name="Key">The page.</param>
    /// <param name="Buffer">Its bytes, rented.</param>
    /// <param name="Length">How many of them.</param>
    /// <param name="Erasures">Erasures before it came.</param>
    private readonly record struct Job(StoredPageKey Key, byte[]? Buffer, int Length, int Erasures);

    /// <summary>Where the files lie.</summary>
    public string Folder { get; }

    /// <summary>Bytes of all files.</summary>
    public long ByteCount
    {
        get
        {
            lock (_lock) return _pages.ByteCount;
        }
    }

    /// <summary>Sequences of fewer tokens are not kept.</summary>
    internal int MinTokens => _options.MinTokens;

    /// <summary>Removes what is kept for a tenant, or for all, also what waits to be written.</summary>
    /// <param name="tenant">The tenant (<see cref="TokenRequest.Tenant"/>), or null for all.</param>
    /// <returns>Bytes that were removed.</returns>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Something cannot be removed.</exception>
    public long Erase(string? tenant = null)
    {
        lock (_lock)
        {
            UInt128? owner = tenant is null ? null : StoredPageKey.HashOf(tenant);
            _erasures++;
            _pages.RemoveTenant(owner);
            _written.Clear();
            return EraseFiles(Folder, owner);
        }
    }

    /// <summary>Removes what a store keeps in a folder, without opening it. Nothing else in the folder is touched.</summary>
    /// <param name="folder">The folder of a store; there need not be one.</param>
    /// <param name="tenant">The tenant, or null for all.</param>
    /// <returns>Bytes that were removed.</returns>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Something cannot be removed.</exception>
    public static long EraseFolder(string folder, string? tenant)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return EraseFiles(Path.GetFullPath(folder), tenant is null ? null : StoredPageKey.HashOf(tenant));
    }

    /// <summary>Waits until all that was kept so far is written.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>A task that ends then.</returns>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            lock (_lock)
                if (_pending.Count == 0) return;
            await Task.Delay(5, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what waits to be written.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            _jobs.Writer.Complete();
        }

        _writer.Join();
    }

    /// <summary>The part of the store for a tenant's pages of a model.</summary>
    internal PrefixShelf Shelf(string tenant, UInt128 model) => new(this, new StoredPageKey(StoredPageKey.HashOf(tenant), model, 0));

    internal bool Has(StoredPageKey key)
    {
        lock (_lock) return _pages.Contains(key);
    }

    internal bool TryRead(StoredPageKey key, Span<byte> destination)
    {
        if (!Has(key)) return false;
        string path = PathOf(key);
        try
        {
            if (PrefixFile.TryRead(path, key, destination))
            {
                Touch(key);
                return true;
            }

            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was removed, or cannot be read: it is computed.
        }

        lock (_lock) _pages.Remove(key);
        return false;
    }

    internal bool TryKeep(StoredPageKey key, ReadOnlySpan<byte> bytes)
    {
        int erasures;
        lock (_lock)
        {
            if (_disposed || _pending.Contains(key)) return true;
            if (_pages.Contains(key))
            {
                TouchLocked(key);
                return true;
            }

            if (_pendingBytes > 0 && _pendingBytes + bytes.Length > MostPendingBytes) return false;
            _pending.Add(key);
            _pendingBytes += bytes.Length;
            erasures = _erasures;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        if (_jobs.Writer.TryWrite(new Job(key, buffer, bytes.Length, erasures))) return true;
        Settle(new Job(key, buffer, bytes.Length, erasures)); // disposed meanwhile
        return true;
    }

    private static void MakeFolder(string folder)
    {
        try
        {
            CacheFolder.Create(folder);
        }
        catch (IOException exception)
        {
            throw new IOException($"Prefixes cannot be kept in '{folder}': {exception.Message.TrimEnd('.')}. Give a folder of your own.", exception);
        }
    }

    /// <summary>All pages in a folder. Links are no pages, whatever they are called.</summary>
    private static IEnumerable<(StoredPageKey Key, FileInfo File)> Files(string folder)
    {
        foreach (DirectoryInfo model in ModelFolders(folder, null))
            foreach (FileInfo file in model.EnumerateFiles("*" + StoredPageKey.Extension))
            {
                if ((file.Attributes & FileAttributes.ReparsePoint) == 0 && StoredPageKey.Parse(model.Parent!.Name, model.Name, file.Name) is { } key)
                    yield return (key, file);
            }
    }

    /// <summary>Removes what broken-off writing has left; what is newer may be another process's.</summary>
    private static void RemoveLeftovers(string folder)
    {
        foreach (DirectoryInfo model in ModelFolders(folder, null))
            foreach (FileInfo file in model.EnumerateFiles("*" + StoredPageKey.Extension + AtomicFile.Suffix))
                if (DateTime.UtcNow - file.LastWriteTimeUtc > TimeSpan.FromHours(1)) file.Delete();
    }

    private static List<DirectoryInfo> ModelFolders(string folder, UInt128? tenant)
    {
        var root = new DirectoryInfo(folder);
        if (!root.Exists) return [];
        return Folders(root).Where(owner => tenant is null || owner.Name == StoredPageKey.FolderOf(tenant.Value)).SelectMany(Folders).ToList();

        static IEnumerable<DirectoryInfo> Folders(DirectoryInfo parent) => parent.EnumerateDirectories()
            .Where(child => (child.Attributes & FileAttributes.ReparsePoint) == 0 && StoredPageKey.IsFolderName(child.Name));
    }

    private static long EraseFiles(string folder, UInt128? tenant)
    {
        long erased = 0;
        foreach (DirectoryInfo model in ModelFolders(folder, tenant))
        {
            foreach (FileInfo file in model.EnumerateFiles().Where(file => IsOurs(file.Name)))
            {
                erased += file.Length;
                file.Delete();
            }

            RemoveIfEmpty(model);
            RemoveIfEmpty(model.Parent!);
        }

        return erased;
    }

    private static bool IsOurs(string name) =>
        name.EndsWith(StoredPageKey.Extension, StringComparison.Ordinal) || name.EndsWith(StoredPageKey.Extension + AtomicFile.Suffix, StringComparison.Ordinal);

    private static void RemoveIfEmpty(DirectoryInfo folder)
    {
        folder.Refresh();
        if (folder.Exists && !folder.EnumerateFileSystemInfos().Any()) folder.Delete();
    }

    private string PathOf(StoredPageKey key) => Path.Combine(Folder, key.RelativePath);

    private void Touch(StoredPageKey key)
    {
        lock (_lock) TouchLocked(key);
    }

    private void TouchLocked(StoredPageKey key)
    {
        if (!_pages.Touch(key) || _disposed) return;
        DateTime now = DateTime.UtcNow;
        if (_written.TryGetValue(key, out DateTime written) && now - written < s_timeStep) return;
        _written[key] = now;
        _jobs.Writer.TryWrite(new Job(key, null, 0, _erasures));
    }

    private void Write()
    {
        while (_jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (_jobs.Reader.TryRead(out Job job))
            {
                try
                {
                    if (job.Buffer is null) File.SetLastWriteTimeUtc(PathOf(job.Key), DateTime.UtcNow);
                    else WritePage(job);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    if (job.Buffer is not null) Notice(exception);
                }
                finally
                {
                    if (job.Buffer is not null) Settle(job);
                }
            }
    }

    private void WritePage(Job job)
    {
        long length = PrefixFile.LengthFor(job.Length);
        string path = PathOf(job.Key);
        if (!MakeRoom(length)) return;
        string model = Path.GetDirectoryName(path)!;
        MakeOwnFolder(Path.GetDirectoryName(model)!);
        MakeOwnFolder(model);
        PrefixFile.Write(path, job.Key, job.Buffer.AsSpan(0, job.Length));
        lock (_lock)
        {
            // What was erased must not come back.
            if (job.Erasures != _erasures) File.Delete(path);
            else _pages.Add(job.Key, length);
        }
    }

    /// <summary>Removes what was not used for longest until there is room. Nobody waits for the disk meanwhile.</summary>
    private bool MakeRoom(long length)
    {
        long limit = Math.Min(_options.MaxBytes, FreeBytes() / 2 + ByteCount / 2);
        if (length > limit) return false;
        while (TakeExcess(limit - length) is { } oldest) File.Delete(PathOf(oldest));
        return true;
    }

    private StoredPageKey? TakeExcess(long limit)
    {
        lock (_lock)
        {
            if (_pages.Excess(limit) is not { Key: var oldest }) return null;
            _pages.Remove(oldest);
            _written.Remove(oldest);
            return oldest;
        }
    }

    private static void MakeOwnFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly);
    }

    private long FreeBytes()
    {
        try
        {
            return new DriveInfo(Folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return long.MaxValue / 2; // network shares do not always say
        }
    }

    private void Settle(Job job)
    {
        lock (_lock)
        {
            _pending.Remove(job.Key);
            _pendingBytes -= job.Length;
        }

        // It holds what somebody wrote, and is lent to others next.
        Array.Clear(job.Buffer!, 0, job.Length);
        ArrayPool<byte>.Shared.Return(job.Buffer!);
    }

    private void Notice(Exception exception)
    {
        if (_hasNoticed) return;
        _hasNoticed = true;
        _options.Notice?.Invoke($"Prefixes are not kept in '{Folder}': {exception.Message.TrimEnd('.')}.");
    }
}
