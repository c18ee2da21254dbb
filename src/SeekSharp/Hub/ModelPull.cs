using Microsoft.Win32.SafeHandles;

namespace SeekSharp.Hub;

/// <summary>One pull: gathers and checks every file under ".partial", then moves all to their place and writes the manifest.</summary>
internal sealed class ModelPull
{
    private readonly ModelStore _store;
    private readonly HubClient _client;
    private readonly HubRepository _repository;
    private readonly PullProgress _progress;
    private readonly ModelManifest _manifest;
    private readonly (HubFile Source, StoredFile Stored)[] _files;
    private readonly string _folder, _partial;

    /// <exception cref="HubException">The repository's names cannot be stored.</exception>
    public ModelPull(ModelStore store, HubClient client, HubRepository repository, FileChoice choice, string revision, PullProgress progress)
    {
        _store = store;
        _client = client;
        _repository = repository;
        _progress = progress;
        _files = [.. choice.Files.Select(file => (file, new StoredFile(FileNames.Local(file.Path), file.Size, file.Hash)))];
        var same = _files.GroupBy(file => file.Stored.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (same is not null) throw new HubException($"The repository has two files '{same.Key}' for one place.");
        ModelName name = repository.Name with { Variant = choice.Variant };
        if (choice.Variant is { } variant && !FileNames.IsSafe($"{name.Repository}@{variant}"))
            throw new HubException($"'{FileNames.Printable(variant)}' is too long or not safe as a name of a folder.");
        string? mainFile = choice.MainFile is { } main ? FileNames.Local(main.Path) : null;
        _manifest = new ModelManifest(
            name, client.Options.Endpoint.ToString(), revision, repository.Commit, DateTimeOffset.UtcNow, mainFile, [.. _files.Select(file => file.Stored)]);
        _folder = store.FolderOf(name);
        _partial = store.PartialFolderOf(name);
    }

    public async Task<ModelManifest> RunAsync(CancellationToken cancellation)
    {
        _progress.TotalBytes = _files.Sum(file => file.Stored.Size);
        using ModelLock held = _store.Lock(_manifest.Name);
        try
        {
            Directory.CreateDirectory(_partial);
            ModelManifest.Write(_partial, _manifest);
            List<(HubFile Source, StoredFile Stored)> missing = await FindMissingAsync(cancellation).ConfigureAwait(false);
            DeleteStale(missing);
            RequireSpace(missing);
            foreach (var (source, stored) in missing)
                await _client.DownloadAsync(_repository, source, PartialPath(stored), _progress, cancellation).ConfigureAwait(false);
            Commit(missing);
            return _manifest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, _partial);
        }
    }

    /// <summary>Files that are not in place: absent, or not with the content that the hub lists.</summary>
    private async Task<List<(HubFile, StoredFile)>> FindMissingAsync(CancellationToken cancellation)
    {
        IReadOnlyList<StoredFile> vouched = ModelManifest.TryRead(_folder)?.Files ?? [];
        List<(HubFile, StoredFile)> missing = [];
        foreach (var (source, stored) in _files)
        {
            FileInfo inPlace = new(Path.Combine(_folder, stored.Name));
            bool isThere = inPlace.Exists && inPlace.Length == stored.Size
                && (vouched.Contains(stored) || await HasHashAsync(inPlace.FullName, stored, cancellation).ConfigureAwait(false));
            if (isThere) _progress.AddDone(stored.Size);
            else missing.Add((source, stored));
        }

        return missing;
    }

    // A pull that was killed between moving its files and writing the manifest leaves files that nobody vouches for.
    private async Task<bool> HasHashAsync(string path, StoredFile file, CancellationToken cancellation)
    {
        _progress.Begin(PullPhase.Checking, file.Name, file.Size);
        using SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.Asynchronous);
        return await file.Hash.MatchesAsync(handle, file.Size, _progress.AddChecked, cancellation).ConfigureAwait(false);
    }

    /// <summary>What an earlier pull of other files left.</summary>
    private void DeleteStale(List<(HubFile, StoredFile Stored)> missing)
    {
        HashSet<string> wanted = new(missing.SelectMany(file => PartialFile.PathsOf(PartialPath(file.Stored))), StringComparer.Ordinal)
        {
            Path.Combine(_partial, ModelManifest.FileName),
        };
        foreach (string path in Directory.EnumerateFiles(_partial))
            if (!wanted.Contains(path)) File.Delete(path);
    }

    private void RequireSpace(List<(HubFile, StoredFile Stored)> missing)
    {
        long needed = 0;
        foreach (var (_, stored) in missing)
        {
            FileInfo partial = new(PartialPath(stored));
            needed += stored.Size - (partial.Exists ? Math.Min(partial.Length, stored.Size) : 0);
        }

        long free = _client.Options.FreeSpace(_partial);
        if (needed <= free) return;
        DeleteIfNothingArrived(missing);
        throw new HubException(
            $"{_manifest.Name} needs {needed} more bytes and the disk of {_store.Folder} has {free} free: free some space, or name another folder with --store.");
    }

    private void DeleteIfNothingArrived(List<(HubFile, StoredFile Stored)> missing)
    {
        if (missing.Any(file => File.Exists(PartialPath(file.Stored)))) return;
        Directory.Delete(_partial, recursive: true);
    }

    /// <summary>Puts everything in place. Without a manifest, a folder is no model: it goes first and comes last.</summary>
    private void Commit(List<(HubFile, StoredFile Stored)> checkedFiles)
    {
        Directory.CreateDirectory(_folder);
        if (checkedFiles.Count > 0)
        {
            IReadOnlyList<StoredFile> before = ModelManifest.TryRead(_folder)?.Files ?? [];
            File.Delete(Path.Combine(_folder, ModelManifest.FileName));
            foreach (StoredFile old in before.Where(old => _manifest.Files.All(file => file.Name != old.Name))) File.Delete(Path.Combine(_folder, old.Name));
            foreach (var (_, stored) in checkedFiles) File.Move(PartialPath(stored), Path.Combine(_folder, stored.Name), overwrite: true);
        }

        ModelManifest.Write(_folder, _manifest);
        Directory.Delete(_partial, recursive: true);
    }

    private string PartialPath(StoredFile file) => Path.Combine(_partial, file.Name + ".part");
}
