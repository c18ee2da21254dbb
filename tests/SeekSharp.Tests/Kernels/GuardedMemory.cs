using System.Runtime.InteropServices;

namespace SeekSharp.Tests.Kernels;

/// <summary>Zeroed memory that ends at a page which may not be touched, so that reading or writing beyond the end faults (on Linux).</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private readonly byte* _mapping;
    private readonly nuint _length;

    public GuardedMemory(long byteCount)
    {
        ByteCount = byteCount;
        if (!OperatingSystem.IsLinux())
        {
            _mapping = Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)byteCount, 64);
            new Span<byte>(Pointer, (int)byteCount).Clear();
            return;
        }
        nuint page = (nuint)Environment.SystemPageSize, used = ((nuint)byteCount + page - 1) / page * page;
        _length = used + page;
        _mapping = (byte*)Map(null, _length, 3, 0x22, -1, 0);
        Assert.NotEqual(-1, (nint)_mapping);
        Assert.Equal(0, Protect(_mapping + used, page, 0));
        Pointer = _mapping + used - byteCount;
    }

    public byte* Pointer { get; }

    public long ByteCount { get; }

    public Span<byte> Bytes => new(Pointer, checked((int)ByteCount));

    public Span<float> Floats => MemoryMarshal.Cast<byte, float>(Bytes);

    public void Dispose()
    {
        if (_length != 0) _ = Unmap(_mapping, _length);
        else NativeMemory.AlignedFree(_mapping);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);
}
