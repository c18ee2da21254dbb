using System.Runtime.InteropServices;

namespace SeekSharp.Kernels;

/// <summary>Zeroed native memory, aligned for vectors and cache lines; large buffers ask for huge pages.</summary>
/// <remarks>
/// Streaming gigabytes of weights through 4 KiB pages costs 5 to 8 % in page walks, so on Linux a buffer of 2 MiB or more is mapped at a 2 MiB
/// boundary and advised to use huge pages. The owner disposes the buffer; views into it (<see cref="PackedMatrix"/>) do not keep it alive.
/// </remarks>
internal sealed unsafe partial class AlignedBuffer : IDisposable
{
    private const int CacheLine = 64;
    private const long HugePage = 2L << 20;

    private readonly void* _mapping;
    private readonly nuint _mappingLength;
    private byte* _pointer;

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="byteCount">Number of bytes, at least 0.</param>
    /// <exception cref="InsufficientMemoryException">The system has no such memory.</exception>
    public AlignedBuffer(long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ByteCount = byteCount;
        if (byteCount >= HugePage && OperatingSystem.IsLinux())
        {
            _mappingLength = checked((nuint)byteCount + (nuint)HugePage);
            _mapping = Map(null, _mappingLength, ProtectRead | ProtectWrite, MapPrivate | MapAnonymous, -1, 0);
            if ((nint)_mapping == -1) throw new InsufficientMemoryException($"The system cannot map {byteCount:N0} bytes.");
            _pointer = (byte*)(((nuint)_mapping + (nuint)HugePage - 1) & ~((nuint)HugePage - 1));
            // Advice only: a kernel without huge pages answers with an error, and the memory is as good as any.
            _ = Advise(_pointer, (nuint)byteCount, AdviseHugePage);
        }
        else
        {
            nuint length = checked((nuint)Math.Max(byteCount, 1));
            _pointer = (byte*)NativeMemory.AlignedAlloc(length, CacheLine);
            NativeMemory.Clear(_pointer, length);
        }
    }

    /// <summary>Start of the memory, 64-byte aligned (2 MiB aligned for large buffers on Linux).</summary>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    /// <summary>Number of bytes that were asked for.</summary>
    public long ByteCount { get; }

    /// <summary>The memory as a span.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <returns>As many whole elements as fit.</returns>
    /// <exception cref="OverflowException">The buffer has more elements than a span can hold.</exception>
    public Span<T> AsSpan<T>() where T : unmanaged => new(Pointer, checked((int)(ByteCount / sizeof(T))));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pointer is null) return;
        if (_mapping is not null) _ = Unmap(_mapping, _mappingLength);
        else NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }

    private const int ProtectRead = 1, ProtectWrite = 2, MapPrivate = 2, MapAnonymous = 0x20, AdviseHugePage = 14;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(void* address, nuint length, int advice);
}
