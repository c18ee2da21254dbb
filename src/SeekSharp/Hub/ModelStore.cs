namespace SeekSharp.Hub;

/// <summary>The models that were pulled: a folder "owner/repository" or "owner/repository@variant" each, under one folder.</summary>
/// <remarks>
/// A folder is a model once its manifest is there, and the manifest is written last. Pulls gather their files under ".partial".
/// </remarks>
public sealed class ModelStore
{
    private const string PartialFolder = ".partial", LockFolder = ".locks";
    private const char VariantMark = '@';
    private const int MostNamed = 20;

    /// <summary>Opens a store; the folder need not exist.</summary>
    /// <param name="folder">Where the models lie; null: "seeksharp/models" in the user's folder for data.</param>
    /// <exception cref="HubException">No folder is given and the user has none for data.</exception>
    public ModelStore(string? folder = null) => Folder = Path.GetFullPath(folder ?? DataFolder.PathOf("models"));

    /// <summary>Where the models lie.</summary>
    public string Folder { get; }

    /// <summary>All models by name, and the pulls that were broken off.</summary>
    /// <exception cref="HubException">The folder cannot be read.</exception>
    public IReadOnlyList<StoredModel> List()
    {
        try
        {
            Dictionary<string, StoredModel> models = new(StringComparer.OrdinalIgnoreCase);
            foreach (StoredModel model in Scan(Folder, isComplete: true).Concat(Scan(Path.Combine(Folder, PartialFolder), isComplete: false)))
                models.TryAdd(model.Name.ToString(), model);
            return [.. models.Values.OrderBy(model => model.Name.ToString(), StringComparer.OrdinalIgnoreCase)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"The models in {Folder} cannot be listed ({exception.Message.TrimEnd('.')}).", exception);
        }
    }

    /// <summary>The path of a model.</summary>
    /// <param name="nameOrPath">An existing file or folder, or a name as <see cref="Find"/> takes it.</param>
    /// <exception cref="HubException">There is neither, or the model is damaged.</exception>
    public string Resolve(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        if (File.Exists(nameOrPath) || Directory.Exists(nameOrPath)) return nameOrPath;
        StoredModel model = Find(nameOrPath);
        if (!model.IsComplete) throw new HubException($"The pull of {model.Name} was broken off: finish it with 'seek pull {model.Name}'.");
        string folder = FolderOf(model.Name);
        foreach (StoredFile file in model.Files)
        {
            FileInfo info = new(Path.Combine(folder, file.Name));
            if (!info.Exists || info.Length != file.Size)
                throw new HubException($"The file {info.FullName} is {(info.Exists ? "changed" : "missing")}: put it right with 'seek pull {model.Name}'.");
        }

        return model.Path;
    }

    /// <summary>A model by its name: "owner/repository:variant", or without owner or variant where one model fits.</summary>
    /// <param name="name">The name; capitals do not matter.</param>
    /// <exception cref="HubException">None or several fit; the message says what there is.</exception>
    public StoredModel Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        IReadOnlyList<StoredModel> models = List();
        StoredModel[] exact = [.. models.Where(model => Same(model.Name.ToString(), name))];
        if (exact.Length == 1) return exact[0];
        StoredModel[] fitting =
        [
            .. models.Where(model => Same(model.Name.RepositoryId, name) || Same(model.Name.Repository, name)
                || (model.Name.Variant is { } variant && Same($"{model.Name.Repository}:{variant}", name))),
        ];
        string printable = FileNames.Printable(name);
        return fitting.Length switch
        {
            1 => fitting[0],
            > 1 => throw new HubException($"'{printable}' may be {Listed(fitting)}: give the full name."),
            _ => throw new HubException(
                $"There is no file, folder or model '{printable}'; {(models.Count == 0 ? "no model is pulled yet" : $"pulled: {Listed(models)}")}, pull one with 'seek pull owner/repository:Q4_K_M'."),
        };
    }

    /// <summary>Removes a model and what a broken-off pull of it left.</summary>
    /// <param name="model">A model of this store. Files that were not pulled are left in its folder.</param>
    /// <exception cref="HubException">It is being pulled, or cannot be removed.</exception>
    public void Remove(StoredModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using ModelLock held = Lock(model.Name);
        string folder = FolderOf(model.Name), partial = PartialFolderOf(model.Name);
        try
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            if (!Directory.Exists(folder)) return;
            File.Delete(Path.Combine(folder, ModelManifest.FileName)); // first: without it the rest is no model
            foreach (StoredFile file in model.Files) File.Delete(Path.Combine(folder, file.Name));
            DeleteIfEmpty(folder);
            DeleteIfEmpty(Path.GetDirectoryName(folder)!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HubException($"{model.Name} cannot be removed ({exception.Message.TrimEnd('.')}).", exception);
        }
    }

    /// <summary>Pulls a model, or what is missing of it.</summary>
    /// <param name="client">The hub.</param>
    /// <param name="name">The repository, and which of its models: see <see cref="ModelName.Variant"/>.</param>
    /// <param name="revision">A branch, tag or commit.</param>
    /// <param name="progress">Told how far it is; null: nobody.</param>
    /// <param name="cancellation">Breaks it off; the next pull goes on from there.</param>
    /// <returns>The model, every file of it checked.</returns>
    /// <exception cref="HubException">It cannot be had; what has arrived is kept, under no name that looks like a model.</exception>
    public async Task<StoredModel> PullAsync(
        HubClient client, ModelName name, string revision = "main", PullProgress? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(name);
        progress ??= new PullProgress();
        HubRepository repository = await client.ListAsync(name, revision, progress, cancellation).ConfigureAwait(false);
        FileChoice choice = FileChoice.Choose(repository, name.Variant);
        ModelPull pull = new(this, client, repository, choice, revision, progress);
        ModelManifest manifest = await pull.RunAsync(cancellation).ConfigureAwait(false);
        progress.Phase = PullPhase.Done;
        return Describe(manifest, FolderOf(manifest.Name), isComplete: true);
    }

    internal string FolderOf(ModelName name) => Path.Combine(Folder, name.Owner, Entry(name));

    internal string PartialFolderOf(ModelName name) => Path.Combine(Folder, PartialFolder, name.Owner, Entry(name));

    internal ModelLock Lock(ModelName name) => ModelLock.Take(Path.Combine(Folder, LockFolder, name.Owner, Entry(name)), name);

    internal static void DeleteIfEmpty(string folder)
    {
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private static string Entry(ModelName name) => name.Variant is null ? name.Repository : $"{name.Repository}{VariantMark}{name.Variant}";

    private IEnumerable<StoredModel> Scan(string root, bool isComplete)
    {
        if (!Directory.Exists(root)) yield break;
        foreach (string owner in Directory.EnumerateDirectories(root).Where(path => Path.GetFileName(path)[0] != '.'))
        {
            foreach (string folder in Directory.EnumerateDirectories(owner))
            {
                // A folder that was moved or copied under another name is not the model that its manifest names.
                if (ModelManifest.TryRead(folder) is { } manifest && FileNames.IsSafe(Entry(manifest.Name))
                    && folder == (isComplete ? FolderOf(manifest.Name) : PartialFolderOf(manifest.Name)))
                    yield return Describe(manifest, folder, isComplete);
            }
        }
    }

    private static StoredModel Describe(ModelManifest manifest, string folder, bool isComplete)
    {
        string path = manifest.MainFile is { } main ? Path.Combine(folder, main) : folder;
        return new StoredModel(
            manifest.Name, path, manifest.Files.Sum(file => file.Size), manifest.Revision, manifest.Commit, manifest.Pulled, isComplete, manifest.Files);
    }

    private static string Listed(IReadOnlyList<StoredModel> models)
    {
        string names = string.Join(", ", models.Take(MostNamed).Select(model => model.Name));
        return models.Count > MostNamed ? $"{names} and {models.Count - MostNamed} more" : names;
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
