using System.Runtime.InteropServices;

namespace SeekSharp.Kernels;

/// <summary>Machine code in memory that is first writable, then executable, never both.</summary>
internal static unsafe partial class ExecutableMemory
{
    /// <summary>Whether this system lets the process run code that it has written.</summary>
    public static bool IsAllowed { get; } = Probe();

    /// <summary>Places code for the life of the process.</summary>
    /// <param name="code">Position-independent machine code.</param>
    /// <returns>Its entry point, or null where the system refuses.</returns>
    public static void* TryPlace(ReadOnlySpan<byte> code)
    {
        nuint length = (nuint)code.Length;
        if (OperatingSystem.IsWindows())
        {
            void* address = VirtualAlloc(null, length, CommitAndReserve, PageReadWrite);
            if (address is null) return null;
            code.CopyTo(new Span<byte>(address, code.Length));
            return VirtualProtect(address, length, PageExecuteRead, out _) != 0 ? address : null;
        }

        if (!OperatingSystem.IsLinux()) return null;
        void* mapping = Map(null, length, ProtectRead | ProtectWrite, MapPrivate | MapAnonymous, -1, 0);
        if ((nint)mapping == -1) return null;
        code.CopyTo(new Span<byte>(mapping, code.Length));
        if (Protect(mapping, length, ProtectRead | ProtectExecute) == 0) return mapping;
        _ = Unmap(mapping, length);
        return null;
    }

    private static bool Probe()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return false;
        try
        {
            // Returns 42: mov eax, 42; ret.
            void* code = TryPlace([0xb8, 42, 0, 0, 0, 0xc3]);
            return code is not null && ((delegate* unmanaged<int>)code)() == 42;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private const int ProtectRead = 1, ProtectWrite = 2, ProtectExecute = 4, MapPrivate = 2, MapAnonymous = 0x20;
    private const uint CommitAndReserve = 0x3000, PageReadWrite = 4, PageExecuteRead = 0x20;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint length, uint type, uint protection);

    [LibraryImport("kernel32", EntryPoint = "VirtualProtect", SetLastError = true)]
    private static partial int VirtualProtect(void* address, nuint length, uint protection, out uint before);
}
