using SeekSharp.Formats;
using SeekSharp.Models;
using SeekSharp.Weights;

namespace SeekSharp.Inference;

/// <summary>Builds a model: finds out what is to be packed and where it goes, takes that from the cache or packs it, and points the layers at it.</summary>
internal sealed class ModelLoading(ModelConfig config, IWeightSource source, string name, LoadOptions options)
{
    private readonly int _threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;

    /// <summary>Loads the weights and builds the layers on them.</summary>
    /// <exception cref="ModelFormatException">A tensor is missing, has another shape than the configuration asks for, or cannot be packed.</exception>
    /// <exception cref="NotSupportedException">The model cannot be held to the memory that the options allow.</exception>
    /// <exception cref="IOException">The model must be kept on disk, and cannot.</exception>
    public (PackedWeights Weights, Transformer Transformer) Run()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.WeightMemory, nameof(options));
        WeightLoader plan = Loader(null);
        Build(plan);
        PackedWeights weights = options.WeightMemory > 0 && plan.ByteCount > options.WeightMemory
            ? Streamed(plan)
            : FromCache(plan) as PackedWeights ?? InMemory(plan);
        try
        {
            return (weights, Build(Loader(weights)));
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private WeightLoader Loader(PackedWeights? packed) => new(source, name, options.ExpandToFloat32, packed);

    private Transformer Build(WeightLoader loader) => TransformerBuilder.Build(config, loader, options.LatentAttention, options.LoadsPrediction);

    private PackedMemory InMemory(WeightLoader plan)
    {
        var memory = new PackedMemory(plan.ByteCount);
        try
        {
            Pack(plan, memory);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The weights from the cache, or packed into it; null where there is no cache, or none that can be used.</summary>
    private PackedFile? FromCache(WeightLoader plan)
    {
        if (options.PackedCache is not { } cacheOptions || source is not ModelFile file) return null;
        try
        {
            var cache = new PackedCache(cacheOptions);
            PackedKey key = PackedKey.Of(file, plan.Jobs);
            if (cache.Find(key, plan.ByteCount) is { } path) return new PackedFile(path, WeightOrigin.Cached, readAhead: plan.ByteCount < MachineMemory.Available);
            if (Write(cache, key, file, plan) is not { } writer) return null;
            var packed = new PackedFile(writer.TemporaryPath, WeightOrigin.PackedIntoCache, readAhead: false);
            packed.Finishing = Task.Run(() => writer.Finish(NotCached));
            return packed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            NotCached(exception.Message);
            return null;
        }
    }

    /// <summary>The weights in the cache, with as many experts in memory as may be.</summary>
    private StreamedWeights Streamed(WeightLoader plan)
    {
        long least = plan.ExpertLayers.Count == 0 ? plan.ByteCount : StreamedWeights.LeastMemory(plan.Jobs, plan.ExpertLayers);
        if (least > options.WeightMemory)
            throw new NotSupportedException($"{name} needs {least} bytes of memory for weights at least, and {options.WeightMemory} are allowed.");
        if (source is not ModelFile file || !plan.ExpertLayers.All(layer => layer.AreAlike))
            throw new NotSupportedException($"{name} has more weights than the {options.WeightMemory} bytes of memory that are allowed, and its experts cannot be kept on disk.");
        var cache = new PackedCache((options.PackedCache ?? new PackedCacheOptions()) with { MinModelBytes = 0 });
        PackedKey key = PackedKey.Of(file, plan.Jobs);
        WeightOrigin origin = WeightOrigin.Cached;
        if (cache.Find(key, plan.ByteCount) is not { } path)
        {
            origin = WeightOrigin.PackedIntoCache;
            Write(cache, key, file, plan)!.Finish(why => throw NotKept(why));
            path = cache.Find(key, plan.ByteCount) ?? throw NotKept("they were removed at once");
        }

        return new StreamedWeights(path, origin, plan.Jobs, plan.ExpertLayers, options.WeightMemory, _threads);
    }

    /// <summary>Packs the weights into a file of the cache that is still to be finished; null for small models.</summary>
    private PackedFileWriter? Write(PackedCache cache, PackedKey key, ModelFile file, WeightLoader plan)
    {
        if (cache.Create(key, plan.ByteCount, Path.GetFileName(Path.TrimEndingDirectorySeparator(file.Path))) is not { } writer) return null;
        try
        {
            Pack(plan, writer);
            writer.FreeWindows();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    private void Pack(WeightLoader plan, IPackingTarget target)
    {
        long done = 0, total = plan.Jobs.Sum(job => job.Source.ByteCount);
        new WeightPacker(plan.Jobs, plan.ByteCount, source, bytes =>
        {
            long sum = Math.Min(Interlocked.Add(ref done, bytes), total);
            options.Progress?.Report(new LoadProgress(sum, total));
        }).Run(_threads, target);
    }

    private void NotCached(string why) => options.Notice?.Invoke($"The packed weights of {name} are not kept for the next load: {why.TrimEnd('.')}.");

    private IOException NotKept(string why) => new($"The weights of {name} are to be kept on disk, and cannot: {why.TrimEnd('.')}.");
}
