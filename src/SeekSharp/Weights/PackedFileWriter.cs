using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>
/// Writes packed weights into a file of the cache, under another name until all of it is on the disk. Each thread packs a segment aside and writes it in one call:
/// then the system keeps the file in huge pages, and no second copy of the weights is ever in memory.
/// </summary>
internal sealed unsafe class PackedFileWriter : IPackingTarget, IDisposable
{
    /// <summary>Behind the name of a file that is being written.</summary>
    public const string Suffix = ".writing";

    private readonly string _path;
    private readonly PackedHeader _header;
    private readonly FileStream _file;
    private readonly ConcurrentDictionary<int, AlignedBuffer> _windows = new();
    private bool _isFinished, _isDisposed;

    private PackedFileWriter(string path, PackedHeader header, FileStream file)
    {
        _path = path;
        TemporaryPath = path + Suffix;
        _header = header;
        _file = file;
    }

    /// <summary>Where the file is until it is finished.</summary>
    public string TemporaryPath { get; }

    /// <summary>Starts a file, of its full length at once: a disk without room says so now.</summary>
    /// <exception cref="IOException">Another process is writing it, the disk has no room, or the file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static PackedFileWriter Create(string path, PackedHeader header)
    {
        string temporary = path + Suffix;
        RemoveLeftover(temporary);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            PreallocationSize = header.FileLength,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream file = new(temporary, options);
        try
        {
            file.SetLength(header.FileLength);
            return new PackedFileWriter(path, header, file);
        }
        catch
        {
            file.Dispose();
            File.Delete(temporary);
            throw;
        }
    }

    public byte* Begin(int worker, long offset, int length)
    {
        AlignedBuffer window = _windows.GetOrAdd(worker, _ => new AlignedBuffer(WeightPacker.LargestSegment));
        new Span<byte>(window.Pointer, length).Clear();
        return window.Pointer;
    }

    public void End(int worker, long offset, int length) => RandomAccess.Write(_file.SafeFileHandle, new ReadOnlySpan<byte>(_windows[worker].Pointer, length), offset);

    /// <summary>Brings the file to the disk and gives it its name. What has opened it before goes on.</summary>
    /// <param name="failed">Told why that failed; the file is gone then.</param>
    public void Finish(Action<string> failed)
    {
        try
        {
            BringToDisk();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failed(exception.Message);
        }
        finally
        {
            Dispose();
        }
    }

    private void BringToDisk()
    {
        RandomAccess.Write(_file.SafeFileHandle, _header.ToBytes(), 0);
        _file.Flush(flushToDisk: true);
        File.Move(TemporaryPath, _path, overwrite: true);
        _isFinished = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FreeWindows();
        if (_isDisposed) return;
        _isDisposed = true;
        try
        {
            if (!_isFinished) File.Delete(TemporaryPath); // while it is still held: what another process begins under this name is not deleted
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Windows does not delete what is mapped; whoever writes this file next does.
        }

        _file.Dispose();
    }

    /// <summary>Frees the memory in which segments were packed.</summary>
    public void FreeWindows()
    {
        foreach (AlignedBuffer window in _windows.Values) window.Dispose();
        _windows.Clear();
    }

    /// <summary>Deletes what a process that died has left: nobody holds it.</summary>
    /// <exception cref="IOException">A process holds it.</exception>
    private static void RemoveLeftover(string temporary)
    {
        if (!File.Exists(temporary)) return;
        try
        {
            using SafeFileHandle leftover = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(temporary);
        }
        catch (IOException exception)
        {
            throw new IOException("another process is writing them", exception);
        }
    }
}
