namespace SeekSharp.Weights;

/// <summary>The user's folder for what can be made again: $XDG_CACHE_HOME or ~/.cache, Library/Caches, or LocalAppData.</summary>
internal static class CacheFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <exception cref="IOException">The user has no such folder.</exception>
    public static string PathOf(string name)
    {
        string folder = OperatingSystem.IsWindows()
            ? Special(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(Special(Environment.SpecialFolder.UserProfile), "Library", "Caches") : OnUnix();
        return Path.Combine(folder, "seeksharp", name);
    }

    /// <summary>Makes a folder that is its owner's alone, or checks that nobody else can write into the one that is there.</summary>
    /// <exception cref="IOException">Others can write there.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be made.</exception>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder); // the user's profile is closed to others
            return;
        }

        Directory.CreateDirectory(folder, OwnerOnly);
        if (IsWritableByOthers(folder)) throw new IOException($"others may write into '{folder}'");
    }

    /// <summary>Whether somebody else than the owner may change a file or folder.</summary>
    public static bool IsWritableByOthers(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & WritableByOthers) != 0;

    private static string OnUnix() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } folder && Path.IsPathFullyQualified(folder)
        ? folder
        : Path.Combine(Special(Environment.SpecialFolder.UserProfile), ".cache");

    private static string Special(Environment.SpecialFolder folder) =>
        Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } path
            ? path
            : throw new IOException("this user has no folder for caches");
}
