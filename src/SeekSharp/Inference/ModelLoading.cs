using SeekSharp.Formats;
using SeekSharp.Models;
using SeekSharp.Weights;

namespace SeekSharp.Inference;

/// <summary>Builds a model: finds out what is to be packed and where it goes, takes that from the cache or packs it, and points the layers at it.</summary>
internal sealed unsafe class ModelLoading(ModelConfig config, IWeightSource source, string name, LoadOptions options)
{
    private readonly int _threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;

    /// <summary>Loads the weights and builds the layers on them.</summary>
    /// <exception cref="ModelFormatException">A tensor is missing, has another shape than the configuration asks for, or cannot be packed.</exception>
    public (PackedWeights Weights, Transformer Transformer) Run()
    {
        var plan = Loader(null);
        Build(plan);
        PackedWeights weights = FromCache(plan) as PackedWeights ?? InMemory(plan);
        try
        {
            return (weights, Build(Loader(weights.Start)));
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private WeightLoader Loader(byte* start) => new(source, name, options.ExpandToFloat32, start);

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
            if (cache.TryOpen(key, plan.ByteCount, readAhead: plan.ByteCount < MachineMemory.Available) is { } found) return found;
            return cache.Create(key, plan.ByteCount, Path.GetFileName(Path.TrimEndingDirectorySeparator(file.Path))) is { } writer ? PackInto(writer, plan) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            NotCached(exception.Message);
            return null;
        }
    }

    private PackedFile PackInto(PackedFileWriter writer, WeightLoader plan)
    {
        try
        {
            Pack(plan, writer);
            return writer.Complete(NotCached);
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
}
