using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace SeekSharp.Formats;

/// <summary>A file mapped into memory for reading. Pointers into it are valid until it is disposed.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int AdviceWillNeed = 3, AdviceDontNeed = 4; // the same numbers on Linux and macOS
    private const int AdviceHugePage = 14, AdvicePopulateRead = 22; // Linux alone
    private const uint Window = 1 << 16; // Linux maps what it has of the aligned 64 KB around a page that is touched

    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private MappedFile(string path, long length, MemoryMappedFile mapping)
    {
        Path = path;
        Length = length;
        _mapping = mapping;
        _view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>The path that was opened.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="path">An existing file.</param>
    /// <param name="share">What others may do with the file meanwhile.</param>
    /// <returns>The mapping.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The file is empty or cannot be read.</exception>
    public static MappedFile Open(string path, FileShare share = FileShare.Read)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file '{path}'.", path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, share);
            long length = stream.Length; // a mapping of zero bytes does not exist
            if (length == 0) throw new ModelFormatException($"{path}: the file is empty.");
            MemoryMappedFile mapping = MemoryMappedFile.CreateFromFile(
                stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            try
            {
                return new MappedFile(path, length, mapping);
            }
            catch
            {
                mapping.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"{path}: the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Bytes of the file as a span.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; the range must lie in the file.</param>
    /// <returns>The bytes.</returns>
    public ReadOnlySpan<byte> Span(long offset, int length) => new(Pointer(offset, length), length);

    /// <summary>Address of a range of the file.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; the range must lie in the file.</param>
    /// <returns>The address of the first byte.</returns>
    public byte* Pointer(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return _start + offset;
    }

    /// <summary>Whether an address points into this mapping.</summary>
    /// <param name="address">Any address.</param>
    /// <returns>True for addresses of this file's bytes.</returns>
    public bool Contains(byte* address) => _start is not null && address >= _start && address < _start + Length;

    /// <summary>
    /// Lets the operating system drop the pages of a range and of the windows at its edges, so that nothing is left of neighbouring ranges; pages are read again
    /// from the file when touched.
    /// </summary>
    /// <param name="start">First byte, inside this mapping.</param>
    /// <param name="length">Number of bytes.</param>
    public void Release(byte* start, long length)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return;
        _ = Pointer(start - _start, length);
        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = Math.Max((nuint)start / Window * Window, (nuint)_start / page * page);
        nuint end = Math.Min(((nuint)start + (nuint)length + Window - 1) / Window * Window, ((nuint)_start + (nuint)Length + page - 1) / page * page);
        if (end > first) _ = MemoryAdvise((void*)first, end - first, AdviceDontNeed);
    }

    /// <summary>Lets the operating system begin to read a range, without waiting for it.</summary>
    /// <param name="start">First byte, inside this mapping.</param>
    /// <param name="length">Number of bytes.</param>
    public void Prefetch(byte* start, long length)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) _ = Advise(start, length, AdviceWillNeed);
    }

    /// <summary>
    /// Asks for huge pages: page walks cost 5 to 8% when gigabytes are streamed. Linux has them for files too, from version 6.16 on with ext4, and longer with others.
    /// </summary>
    public void PreferHugePages()
    {
        if (OperatingSystem.IsLinux()) _ = Advise(_start, Length, AdviceHugePage);
    }

    /// <summary>Brings a range into memory and into the page table, so that nobody waits for its pages later. Does nothing where the system cannot.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; the range must lie in the file.</param>
    /// <returns>Whether the system did so.</returns>
    public bool Populate(long offset, long length) => OperatingSystem.IsLinux() && Advise(Pointer(offset, length), length, AdvicePopulateRead) == 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start is null) return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private int Advise(byte* start, long length, int advice)
    {
        _ = Pointer(start - _start, length);
        nuint page = (nuint)Environment.SystemPageSize, first = (nuint)start / page * page;
        return MemoryAdvise((void*)first, (nuint)start + (nuint)length - first, advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* address, nuint length, int advice);
}
