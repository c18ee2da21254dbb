using System.Text;

namespace SeekSharp.Hub;

/// <summary>Names that come from a hub. Whoever fills a repository chooses them, so they are hostile until checked.</summary>
internal static class FileNames
{
    private const int LongestName = 200; // bytes; file systems take 255, and names get suffixes here
    private const string Forbidden = "<>:\"/\\|?*";
    private static readonly string[] Reserved = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Whether a name is one file name that stays in its folder and can be stored on every system.</summary>
    public static bool IsSafe(string name) =>
        name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= LongestName
        && !name.Any(c => char.IsControl(c) || char.IsSurrogate(c) || Forbidden.Contains(c, StringComparison.Ordinal))
        && name[^1] is not ('.' or ' ') && name[0] is not ' '
        && !IsReserved(name);

    /// <summary>The last segment of a repository's path, under which the file is stored.</summary>
    /// <exception cref="HubException">A segment of the path is not safe.</exception>
    public static string Local(string path)
    {
        string[] segments = path.Split('/');
        if (!segments.All(IsSafe) || segments[^1].Equals(ModelManifest.FileName, StringComparison.OrdinalIgnoreCase))
            throw new HubException($"The repository has a file named '{Printable(path)}', which is not stored: the name is not safe on every system.");
        return segments[^1];
    }

    /// <summary>A text from outside that a terminal can show.</summary>
    public static string Printable(string text)
    {
        string shortened = text.Length <= LongestName ? text : string.Concat(text.AsSpan(0, LongestName), "...");
        return string.Concat(shortened.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }

    // Windows reserves these with any extension.
    private static bool IsReserved(string name)
    {
        string stem = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        return Reserved.Contains(stem)
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal))
                && stem[3] is (>= '0' and <= '9') or '\u00b9' or '\u00b2' or '\u00b3');
    }
}
