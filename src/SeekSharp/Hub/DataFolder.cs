namespace SeekSharp.Hub;

/// <summary>Where SeekSharp keeps data of the user: $XDG_DATA_HOME or ~/.local/share, Library/Application Support, or LocalAppData.</summary>
internal static class DataFolder
{
    /// <exception cref="HubException">The user has no such folder.</exception>
    public static string PathOf(string name)
    {
        string folder = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (folder.Length == 0) throw new HubException("This user has no folder for data: name one with --store.");
        return Path.Combine(folder, "seeksharp", name);
    }
}
