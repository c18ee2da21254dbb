using System.Diagnostics.CodeAnalysis;
using SeekSharp.Hub;

namespace SeekSharp.Server.Security;

/// <summary>
/// The API keys, a file each in a folder that only its owner reads. Making a key adds a file, revoking it deletes one: no two programs ever write one file, so that
/// no write brings back a revoked key, and a running server, which looks at the file for each request, follows at once.
/// </summary>
internal sealed class ApiKeyStore
{
    private const string Extension = ".json";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const long LongestFile = 4096;
    private static readonly ApiKey s_nobody = ApiKeyText.Create().ToEntry("", default, null, null);

    /// <summary>Opens a store; the folder need not exist.</summary>
    /// <param name="folder">Where the keys lie; null: "seeksharp/keys" in the user's folder for data.</param>
    public ApiKeyStore(string? folder = null) => Folder = Path.GetFullPath(folder ?? DataFolder.PathOf("keys"));

    /// <summary>Where the keys lie.</summary>
    public string Folder { get; }

    /// <summary>Makes a key.</summary>
    /// <param name="name">What its maker calls it.</param>
    /// <param name="requestsPerMinute">Its limit of requests; null: the server's, 0: none.</param>
    /// <param name="tokensPerMinute">Its limit of tokens; null: the server's, 0: none.</param>
    /// <returns>The key. It is not kept: nobody can show it again.</returns>
    /// <exception cref="IOException">The folder cannot be written, or others can.</exception>
    public ApiKeyText Create(string name = "", int? requestsPerMinute = null, int? tokensPerMinute = null)
    {
        MakeFolder();
        ApiKeyText key = ApiKeyText.Create();
        ApiKey entry = key.ToEntry(name, DateOnly.FromDateTime(DateTime.UtcNow), requestsPerMinute, tokensPerMinute);
        AtomicFile.Write(PathOf(key.Id), ApiKeyJson.Write(entry), ownerOnly: true);
        SetLastUsed(key.Id, DateTime.UnixEpoch);
        return key;
    }

    /// <summary>All keys, the oldest first.</summary>
    /// <exception cref="IOException">A file cannot be read, is damaged, or others can read it.</exception>
    public IReadOnlyList<ApiKey> List() =>
        [.. Files().Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(ApiKeyText.IsId).Select(Read).OfType<ApiKey>().OrderBy(key => key.Created).ThenBy(key => key.Id, StringComparer.Ordinal)];

    /// <summary>Day of a key's last use; null where it was never used. The time is not kept.</summary>
    public DateOnly? LastUsed(string id)
    {
        DateTime time = File.GetLastWriteTimeUtc(PathOf(id));
        return time > DateTime.UnixEpoch ? DateOnly.FromDateTime(time) : null;
    }

    /// <summary>Revokes a key: from now on no request with it is served.</summary>
    /// <returns>Whether there was such a key.</returns>
    public bool Revoke(string id)
    {
        if (!ApiKeyText.IsId(id) || !File.Exists(PathOf(id))) return false;
        File.Delete(PathOf(id));
        return true;
    }

    /// <summary>Revokes all keys.</summary>
    /// <returns>Bytes that were deleted.</returns>
    public long Erase()
    {
        long bytes = 0;
        foreach (FileInfo file in Files().Concat(Files(Extension + ".tmp")).Select(path => new FileInfo(path)))
        {
            bytes += file.Length;
            file.Delete();
        }

        return bytes;
    }

    /// <summary>Recognises a key that a client sent.</summary>
    /// <exception cref="IOException">The key's file is damaged, or others can read it.</exception>
    public bool TryRecognise(string text, [NotNullWhen(true)] out ApiKey? entry)
    {
        entry = null;
        if (!ApiKeyText.TryParse(text, out ApiKeyText? key)) return false;
        ApiKey? candidate = Read(key.Value.Id);
        bool isRight = key.Value.Matches(candidate ?? s_nobody); // an id that nobody has takes as long as one that somebody has
        if (candidate is null || !isRight) return false;
        entry = candidate;
        NoteUse(candidate.Id);
        return true;
    }

    private void NoteUse(string id)
    {
        DateTime today = DateTime.UtcNow.Date;
        if (File.GetLastWriteTimeUtc(PathOf(id)) < today) SetLastUsed(id, today);
    }

    private void SetLastUsed(string id, DateTime day)
    {
        try
        {
            File.SetLastWriteTimeUtc(PathOf(id), day);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Revoked in between, or a read-only disk: the day is a help for people, nothing depends on it.
        }
    }

    private ApiKey? Read(string id)
    {
        string path = PathOf(id);
        try
        {
            FileInfo file = new(path);
            if (!file.Exists) return null;
            RequirePrivate(path, file.UnixFileMode);
            if (file.Length > LongestFile) throw ApiKeyJson.Damaged(path);
            return ApiKeyJson.Read(File.ReadAllBytes(path), id, path);
        }
        catch (FileNotFoundException)
        {
            return null; // revoked in between
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"The key file {path} cannot be read.", exception);
        }
    }

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder); // the user's profile is closed to others
            return;
        }

        Directory.CreateDirectory(Folder, OwnerOnly);
        RequirePrivate(Folder, File.GetUnixFileMode(Folder));
    }

    private static void RequirePrivate(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows() && (mode & Others) != 0) throw new IOException($"Others have rights on {path}: take them away with chmod go= '{path}'.");
    }

    private IEnumerable<string> Files(string extension = Extension) => Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, "*" + extension) : [];

    private string PathOf(string id) => Path.Combine(Folder, id + Extension);
}
