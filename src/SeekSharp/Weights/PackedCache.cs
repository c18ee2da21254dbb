using Microsoft.Win32.SafeHandles;

namespace SeekSharp.Weights;

/// <summary>
/// The folder where packed weights are kept between loads: a file per model, mapped by later loads. Nothing in it is needed; whatever is wrong with it,
/// a model loads all the same.
/// </summary>
/// <remarks>
/// A file's name is its <see cref="PackedKey"/>, its time is that of its last use. Several processes may use one folder: files appear under their names when they
/// are complete, and are removed while others still read them.
/// </remarks>
public sealed class PackedCache
{
    private const string Extension = ".packed";

    private readonly PackedCacheOptions _options;

    /// <summary>Opens a cache; the folder need not exist.</summary>
    /// <param name="options">Where it lies and how large it may be, or null for the defaults.</param>
    /// <exception cref="IOException">No folder is given and the user has none for caches.</exception>
    public PackedCache(PackedCacheOptions? options = null)
    {
        _options = options ?? new PackedCacheOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaxBytes, nameof(options));
        Folder = Path.GetFullPath(_options.Folder ?? CacheFolder.PathOf("packed"));
    }

    /// <summary>Where the files lie.</summary>
    public string Folder { get; }

    /// <summary>What is in the cache, the last used first. Files that are no packed weights are not listed.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public IReadOnlyList<PackedCacheEntry> List() => [.. Files().Select(Describe).OfType<PackedCacheEntry>()];

    /// <summary>Removes everything, also what broken-off loads have left. Models that are loaded go on.</summary>
    /// <returns>Bytes that were removed.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public long Clear() => Files().Concat(Files(Extension + PackedFileWriter.Suffix)).Sum(Remove);

    /// <summary>Path of packed weights that an earlier load left, or null where there are none that can be used.</summary>
    /// <param name="key">Which weights.</param>
    /// <param name="byteCount">Their bytes, the header included.</param>
    internal string? Find(PackedKey key, long byteCount)
    {
        string path = PathOf(key);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (!IsRegular(file) || Read(path) is not { } header || !header.Key.Equals(key) || header.FileLength != byteCount)
            {
                file.Delete();
                return null;
            }

            file.LastWriteTimeUtc = DateTime.UtcNow;
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // it is packed again, and what stands in the way of that is said then
        }
    }

    /// <summary>Starts a file for packed weights, once there is room for it.</summary>
    /// <param name="key">Which weights.</param>
    /// <param name="byteCount">Their bytes, the header included.</param>
    /// <param name="modelName">Name of the model's file or folder.</param>
    /// <returns>The writer, or null for small models.</returns>
    /// <exception cref="IOException">It cannot be written, or would be too large.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    internal PackedFileWriter? Create(PackedKey key, long byteCount, string modelName)
    {
        if (byteCount < _options.MinModelBytes) return null;
        CacheFolder.Create(Folder);
        MakeRoom(byteCount);
        return PackedFileWriter.Create(PathOf(key), new PackedHeader(key, byteCount, modelName));
    }

    private string PathOf(PackedKey key) => Path.Combine(Folder, key + Extension);

    /// <summary>Removes what was not used for longest until there is room.</summary>
    private void MakeRoom(long byteCount)
    {
        List<FileInfo> files = [.. Files()];
        long used = files.Sum(file => file.Length), limit = Math.Min(_options.MaxBytes, (new DriveInfo(Folder).AvailableFreeSpace + used) / 2);
        if (byteCount > limit) throw new IOException($"they have {byteCount} bytes, and {limit} are allowed there");
        for (int i = files.Count - 1; i >= 0 && used + byteCount > limit; i--) used -= Remove(files[i]);
        if (used + byteCount > limit) throw new IOException("others that are in use leave no room");
    }

    /// <summary>Files of the cache, the last used first.</summary>
    private IEnumerable<FileInfo> Files(string ending = Extension) => Directory.Exists(Folder)
        ? new DirectoryInfo(Folder).EnumerateFiles("*" + ending).OrderByDescending(file => file.LastWriteTimeUtc)
        : [];

    private static long Remove(FileInfo file)
    {
        long length = file.Length;
        try
        {
            file.Delete();
            return length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0; // Windows does not delete what is mapped
        }
    }

    private static PackedCacheEntry? Describe(FileInfo file)
    {
        try
        {
            return IsRegular(file) && Read(file.FullName) is { } header ? new PackedCacheEntry(header.ModelName, file.FullName, file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether this is a file, no link, and only its owner may have written it.</summary>
    private static bool IsRegular(FileInfo file) => (file.Attributes & FileAttributes.ReparsePoint) == 0 && !CacheFolder.IsWritableByOthers(file.FullName);

    private static PackedHeader? Read(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return PackedHeader.Read(file);
    }
}
