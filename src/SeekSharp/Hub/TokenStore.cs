namespace SeekSharp.Hub;

/// <summary>Access tokens of hubs, each in a file that only its owner reads. A token is kept for one host and given to no other.</summary>
public static class TokenStore
{
    private const int LongestToken = 1024;

    /// <summary>Where the tokens lie.</summary>
    /// <exception cref="HubException">This user has no folder for data.</exception>
    public static string Folder => DataFolder.PathOf("tokens");

    /// <summary>The token that was kept for a hub; null where there is none.</summary>
    /// <param name="endpoint">The hub.</param>
    /// <exception cref="HubException">The file cannot be read, or others can read it.</exception>
    public static string? Read(Uri endpoint) => Read(Folder, endpoint);

    /// <summary>Keeps a token for a hub.</summary>
    /// <param name="endpoint">The hub.</param>
    /// <param name="token">Its token.</param>
    /// <returns>The file.</returns>
    /// <exception cref="HubException">The text is no token, or cannot be kept.</exception>
    public static string Write(Uri endpoint, string token) => Write(Folder, endpoint, token);

    /// <summary>Deletes all tokens.</summary>
    /// <returns>Bytes that were deleted.</returns>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">A file cannot be deleted.</exception>
    public static long Erase()
    {
        long bytes = 0;
        DirectoryInfo folder = new(Folder);
        if (!folder.Exists) return bytes;
        foreach (FileInfo file in folder.EnumerateFiles())
        {
            bytes += file.Length;
            file.Delete();
        }

        return bytes;
    }

    internal static string? Read(string folder, Uri endpoint)
    {
        string path = PathOf(folder, endpoint);
        try
        {
            FileInfo file = new(path);
            if (!file.Exists) return null;
            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            if (!OperatingSystem.IsWindows() && (file.UnixFileMode & others) != 0)
                throw new HubException($"The token file {path} can be read by others: take their rights away with chmod 600.");
            if (file.Length > LongestToken + 2) throw new HubException($"The token file {path} holds no token.");
            return File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"The token file {path} cannot be read.", exception);
        }
    }

    internal static string Write(string folder, Uri endpoint, string token)
    {
        new HubOptions { Endpoint = endpoint, Token = token }.Validate();
        string path = PathOf(folder, endpoint);
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(path, token + "\n", ownerOnly: true);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, path);
        }
    }


    private static string PathOf(string folder, Uri endpoint) =>
        Path.Combine(folder, $"{endpoint.Scheme}_{endpoint.IdnHost.Replace(':', '_')}_{endpoint.Port}");
}
