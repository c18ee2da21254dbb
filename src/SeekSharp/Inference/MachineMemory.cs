using System.Globalization;

namespace SeekSharp.Inference;

/// <summary>What memory this machine has for a model.</summary>
public static class MachineMemory
{
    private const string LinuxMemoryInfo = "/proc/meminfo";

    /// <summary>Bytes of memory of the machine, or of the container where that is less.</summary>
    public static long Total => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Bytes that a program can take now without pushing others out; where the system does not say, <see cref="Total"/>.</summary>
    public static long Available => Math.Min(Total, AvailableOnLinux() ?? long.MaxValue);

    private static long? AvailableOnLinux()
    {
        if (!File.Exists(LinuxMemoryInfo)) return null;
        foreach (string line in File.ReadLines(LinuxMemoryInfo))
        {
            // "MemAvailable:   24123456 kB"
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts is ["MemAvailable:", var kibibytes, ..] && long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                return value * 1024;
        }

        return null;
    }
}
