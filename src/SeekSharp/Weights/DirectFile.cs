using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SeekSharp.Weights;

/// <summary>
/// A file read past the system's file cache where that is possible: memory that the cache would take is memory that a limit forbids, and nothing is copied.
/// </summary>
internal sealed unsafe partial class DirectFile : IDisposable
{
    /// <summary>Places, lengths and memory of direct reads are multiples of this.</summary>
    private const int Alignment = PackedHeader.ByteCount;

    private const FileOptions NoBuffering = (FileOptions)0x20000000; // Windows

    private readonly SafeFileHandle _buffered;
    private readonly SafeFileHandle? _direct;
    private readonly string _path;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be opened.</exception>
    public DirectFile(string path)
    {
        _path = path;
        _buffered = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _direct = OpenDirect(path);
    }

    /// <summary>Reads bytes; as many more as make whole pages may be written behind them.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="destination">Memory for whole pages.</param>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    public void Read(long offset, long length, byte* destination)
    {
        bool isDirect = _direct is not null && offset % Alignment == 0 && (nuint)destination % Alignment == 0;
        SafeFileHandle file = isDirect ? _direct! : _buffered;
        long wanted = isDirect ? ExpertPlaces.RoundUp(length) : length;
        for (long done = 0; done < length;)
        {
            int count = RandomAccess.Read(file, new Span<byte>(destination + done, (int)Math.Min(wanted - done, 1 << 30)), offset + done);
            if (count == 0) throw new IOException($"'{_path}' ends early: it was changed while a model read it.");
            done += count;
        }
    }

    public void Dispose()
    {
        _buffered.Dispose();
        _direct?.Dispose();
    }

    private static SafeFileHandle? OpenDirect(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows()) return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, NoBuffering);
        }
        catch (IOException)
        {
            return null;
        }

        if (!OperatingSystem.IsLinux()) return null;
        const int ReadOnlyCloseOnExecute = 0x80000;
        int direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;
        int descriptor = Open(path, ReadOnlyCloseOnExecute | direct); // fails where the file system has no such reads
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);
}
