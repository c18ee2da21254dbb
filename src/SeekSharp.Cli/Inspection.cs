using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>What 'seek inspect' tells, whatever the form.</summary>
/// <param name="Path">What was inspected.</param>
/// <param name="Config">The configuration.</param>
/// <param name="File">The file with its tensors, or null for a configuration alone.</param>
/// <param name="Context">Tokens that the cache is reckoned for.</param>
/// <param name="Cache">Storage of the cache.</param>
internal sealed record Inspection(string Path, ModelConfig Config, ModelFile? File, int Context, CacheType Cache)
{
    public ParameterCounts Parameters { get; } = ParameterCounts.Of(Config);

    /// <summary>Key and value of everything the file says about the model.</summary>
    public IEnumerable<(string Key, string Value)> Metadata => File is GgufFile gguf
        ? gguf.Metadata.Keys.Select(key => (key, gguf.Metadata.Describe(key)))
        : [];

    /// <summary>Tensors by type, the largest share first.</summary>
    public IEnumerable<(TensorType Type, int Count, long Elements, long Bytes)> Types => (File?.Tensors ?? [])
        .GroupBy(tensor => tensor.Type)
        .Select(group => (group.Key, group.Count(), group.Sum(tensor => tensor.ElementCount), group.Sum(tensor => tensor.ByteCount)))
        .OrderByDescending(group => group.Item4);

    /// <summary>Memory the model needs: as it is stored, or in usual types for a configuration alone.</summary>
    public IReadOnlyList<MemoryNeed> Needs { get; } = [.. WeightSizes(Config, File).Select(size =>
        new MemoryNeed(size.Type, size.Bytes, Engine.CacheBytesFor(Config, Cache, Context)))];

    private static IEnumerable<(string Type, long Bytes)> WeightSizes(ModelConfig config, ModelFile? file)
    {
        if (file is not null) return [("file", file.Tensors.Sum(tensor => tensor.ByteCount))];
        long total = ParameterCounts.Of(config).Total;
        return new[] { TensorType.BF16, TensorType.Q8_0, TensorType.Q4_K }.Select(type =>
            (type.ToString(), (long)((double)total / type.BlockLength() * type.BlockBytes())));
    }
}

/// <summary>Memory for a model in one form.</summary>
/// <param name="Weights">How the weights are stored.</param>
/// <param name="WeightBytes">Bytes of the weights.</param>
/// <param name="CacheBytes">Bytes of keys and values.</param>
internal sealed record MemoryNeed(string Weights, long WeightBytes, long CacheBytes)
{
    public long Total => WeightBytes + CacheBytes;

    public bool Fits(long available) => Total <= available;
}
