using SeekSharp.Weights;

namespace SeekSharp.Server;

/// <summary>Where a server keeps what outlives it, unless it is told otherwise.</summary>
internal static class ServerFolders
{
    /// <summary>Computed prefixes of prompts: "seeksharp/prefixes" in the user's folder for caches.</summary>
    /// <exception cref="IOException">The user has no such folder.</exception>
    public static string Prefixes => CacheFolder.PathOf("prefixes");
}
