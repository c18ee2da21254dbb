using Microsoft.AspNetCore.Http;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;
using SeekSharp.Templates;

namespace SeekSharp.Server.Models;

/// <summary>
/// The models that a server has: by name, loaded when they are asked for, and given up where memory is needed for another one. The one that was used last stays longest;
/// one that a request uses is never given up.
/// </summary>
internal sealed class ModelRegistry : IDisposable
{
    /// <summary>DeepSeek's names: the first model, without and with thinking.</summary>
    public const string ChatAlias = "deepseek-chat", ReasonerAlias = "deepseek-reasoner";

    private const string DefaultAlias = "default";
    private const int LongestName = 100;
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(10);

    private readonly ServerOptions _options;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Lock _lock = new();
    private readonly long _budget;
    private long _uses;

    public ModelRegistry(ServerOptions options)
    {
        _options = options;
        _budget = options.MemoryLimit > 0 ? options.MemoryLimit : MachineMemory.Available;
        foreach (ServedModel model in options.Models)
        {
            if (!_entries.TryAdd(model.Name, new Entry(model)))
                throw new ArgumentException($"Two models are called '{model.Name}'; give one of them another name with -m NAME=FILE.", nameof(options));
        }
    }

    /// <summary>The models, the default one first.</summary>
    public IReadOnlyList<ServedModel> Models => _options.Models;

    /// <summary>Names that requests may use.</summary>
    public IEnumerable<string> Names => _options.Models.Count == 0 ? [] : _options.Models.Select(model => model.Name).Union([ChatAlias, ReasonerAlias]);

    /// <summary>Models in memory now.</summary>
    public IReadOnlyList<LoadedModel> Loaded
    {
        get
        {
            lock (_lock) return [.. _entries.Values.Where(entry => entry.Loading is { IsCompletedSuccessfully: true }).Select(entry => entry.Loading!.Result)];
        }
    }

    /// <summary>Finds what a request asks for.</summary>
    /// <param name="name">Its "model", or null.</param>
    /// <exception cref="ApiException">There is no such model.</exception>
    public ModelChoice Find(string? name)
    {
        if (_options.Models.Count == 0)
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "This server has no model; start it with seek serve -m FILE.") { Code = "model_not_loaded" };
        if (string.IsNullOrEmpty(name)) name = DefaultAlias;
        if (_entries.TryGetValue(name, out Entry? entry)) return new ModelChoice(entry.Model, name, null);
        ServedModel first = _options.Models[0];
        return name switch
        {
            DefaultAlias => new ModelChoice(first, first.Name, null),
            ChatAlias => new ModelChoice(first, name, false),
            ReasonerAlias => new ModelChoice(first, name, true),
            _ => throw new ApiException(StatusCodes.Status404NotFound, $"There is no model '{Shorten(name)}' here; GET /v1/models lists those that there are.")
            {
                Code = "model_not_found",
                Parameter = "model",
            },
        };
    }

    /// <summary>Gets a model, loaded; this takes as long as loading takes.</summary>
    /// <param name="model">One of <see cref="Models"/>.</param>
    /// <param name="cancellation">Ends waiting; a load that has begun goes on for those who come after.</param>
    /// <exception cref="ApiException">The model cannot be loaded, or there is no memory for it now.</exception>
    public async Task<ModelLease> RentAsync(ServedModel model, CancellationToken cancellation)
    {
        Entry entry = _entries[model.Name];
        Task<LoadedModel> loading;
        lock (_lock)
        {
            entry.Users++;
            entry.LastUse = ++_uses;
            loading = entry.Loading is null or { IsFaulted: true } ? entry.Loading = Task.Run(() => LoadAsync(entry), CancellationToken.None) : entry.Loading;
        }

        try
        {
            return new ModelLease(await loading.WaitAsync(cancellation), () => Release(entry));
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    /// <summary>Frees all models.</summary>
    public void Dispose()
    {
        foreach (LoadedModel model in Loaded) model.Dispose();
        _loading.Dispose();
    }

    private static string Shorten(string name) => name.Length <= LongestName ? name : $"{name[..LongestName]}...";

    private void Release(Entry entry)
    {
        lock (_lock) entry.Users--;
    }

    private async Task<LoadedModel> LoadAsync(Entry entry)
    {
        await _loading.WaitAsync();
        try
        {
            (long bytes, int context, long weightMemory) = Need(entry.Model);
            MakeRoom(bytes, entry);
            LoadedModel loaded = LoadedModel.Load(entry.Model, _options, context, weightMemory);
            lock (_lock) entry.Bytes = bytes;
            return loaded;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ModelFormatException or NotSupportedException or ChatTemplateException)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, $"The model '{entry.Model.Name}' cannot be loaded: {exception.Message}") { Code = "model_not_loaded" };
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Bytes that a model takes, its context, and the limit of its weights where experts must stay on disk.</summary>
    private (long Bytes, int Context, long WeightMemory) Need(ServedModel model)
    {
        using ModelFile file = ModelFile.Open(model.Path);
        int context = _options.ContextLengthFor(file.Config);
        long others = Engine.CacheBytesFor(file.Config, _options.CacheType, context) + Engine.BufferBytesFor(file.Config);
        long total = others + file.Tensors.Sum(tensor => tensor.ByteCount);
        if (total <= _budget) return (total, context, 0);
        if (file.Config.MixtureOfExperts is not null && _options.PackedCache is not null && others < _budget) return (_budget, context, _budget - others);
        throw new ApiException(
            StatusCodes.Status503ServiceUnavailable,
            FormattableString.Invariant($"The model '{model.Name}' needs {total / 1e9:F1} GB of memory and this server may use {_budget / 1e9:F1} GB; serve a smaller quantisation.")) { Code = "model_not_loaded" };
    }

    private void MakeRoom(long bytes, Entry wanted)
    {
        List<LoadedModel> given = [];
        lock (_lock)
        {
            Entry[] loaded = [.. _entries.Values.Where(entry => entry != wanted && entry.Loading is { IsCompletedSuccessfully: true })];
            long used = loaded.Sum(entry => entry.Bytes), inUse = loaded.Where(entry => entry.Users > 0).Sum(entry => entry.Bytes);
            if (inUse + bytes > _budget)
            {
                throw new ApiException(StatusCodes.Status503ServiceUnavailable, $"There is no memory for '{wanted.Model.Name}' while other models are in use; try again later.")
                {
                    Code = "model_not_loaded",
                    RetryAfter = s_retry,
                };
            }

            foreach (Entry idle in loaded.Where(entry => entry.Users == 0).OrderBy(entry => entry.LastUse))
            {
                if (used + bytes <= _budget) break;
                used -= idle.Bytes;
                given.Add(idle.Loading!.Result);
                idle.Loading = null;
            }
        }

        foreach (LoadedModel model in given) model.Dispose();
    }

    /// <summary>A model and whether it is in memory.</summary>
    private sealed class Entry(ServedModel model)
    {
        public ServedModel Model => model;

        public Task<LoadedModel>? Loading { get; set; }

        public int Users { get; set; }

        public long LastUse { get; set; }

        public long Bytes { get; set; }
    }
}
