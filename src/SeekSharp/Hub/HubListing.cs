using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Hub;

/// <summary>Reads the hub's JSON. Everything in it is checked, and nothing is taken that is not needed.</summary>
internal static class HubListing
{
    /// <summary>Most bytes of one answer.</summary>
    public const int LongestAnswer = 16 << 20;

    /// <summary>Most files of a repository.</summary>
    public const int MostFiles = 100_000;

    private const int LongestPath = 1024;
    private const long LargestFile = 1L << 44; // 16 TiB

    /// <summary>The commit that a revision names: "sha" of /api/models/{repository}/revision/{revision}.</summary>
    public static string ReadCommit(ReadOnlyMemory<byte> json, string host) => Read(json, host, root =>
    {
        string? commit = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("sha", out JsonElement sha) ? JsonFields.ToText(sha) : null;
        return ContentHash.IsHex(commit, 40) ? commit! : throw new HubException($"{host} names no commit of the repository.");
    });

    /// <summary>The files of one page of /api/models/{repository}/tree/{commit}.</summary>
    public static List<HubFile> ReadTree(ReadOnlyMemory<byte> json, string host) => Read(json, host, root =>
    {
        if (root.ValueKind != JsonValueKind.Array) throw new HubException($"{host} gives a list of files that is not one.");
        List<HubFile> files = [];
        foreach (JsonElement entry in root.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object && Text(entry, "type") == "file") files.Add(ReadFile(entry, host));
        }

        return files;
    });

    private static HubFile ReadFile(JsonElement entry, string host)
    {
        string? path = Text(entry, "path");
        if (path is not { Length: > 0 and <= LongestPath }) throw new HubException($"{host} lists a file without a name, or with a name that is too long.");
        // A large file is listed by the pointer that git holds; its content's own size and hash are under "lfs".
        bool isLarge = entry.TryGetProperty("lfs", out JsonElement large) && large.ValueKind == JsonValueKind.Object;
        ContentHash? hash = isLarge ? ContentHash.OfSha256(Text(large, "oid")) : ContentHash.OfGitBlob(Text(entry, "oid"));
        JsonElement sized = isLarge ? large : entry;
        if (!sized.TryGetProperty("size", out JsonElement value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out long size)
            || size is < 0 or > LargestFile)
            throw new HubException($"{host} lists '{FileNames.Printable(path)}' without a size that makes sense.");
        return new HubFile(path, size, hash ?? throw new HubException($"{host} lists '{FileNames.Printable(path)}' without a hash to check it with."));
    }

    private static string? Text(JsonElement element, string key) => element.TryGetProperty(key, out JsonElement value) ? JsonFields.ToText(value) : null;

    private static T Read<T>(ReadOnlyMemory<byte> json, string host, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter: a key with broken escapes
        {
            throw new HubException($"{host} does not answer as a hub does; check the address.", exception);
        }
    }
}
