namespace SeekSharp.Cli;

/// <summary>Sizes for people.</summary>
internal static class Bytes
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    public static string Describe(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < Units.Length - 1; unit++) value /= 1024;
        return unit == 0 ? $"{bytes} bytes" : FormattableString.Invariant($"{value:F2} {Units[unit]}");
    }
}
