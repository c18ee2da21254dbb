using System.Runtime.InteropServices;

namespace SeekSharp.Training.Native;

/// <summary>What a process that trains asks of Linux's C library. Speed depends on it, results do not.</summary>
internal static partial class ProcessSettings
{
    private const int TrimThreshold = -1, MapThreshold = -3; // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD

    public static void Apply()
    {
        try
        {
            // A step frees and asks for the same tensors again: giving the memory back in between costs a page fault per 4 KiB.
            _ = SetAllocation(MapThreshold, 32 << 20);
            _ = SetAllocation(TrimThreshold, 1 << 30);
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // another C library than glibc: slower, that is all
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocation(int setting, int value);
}
