using SeekSharp.Models;
using SeekSharp.Weights;

namespace SeekSharp.Inference;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Threads that load; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Expands quantised weights to float32: slow and large, the reference that quantised products are compared with.</summary>
    public bool ExpandToFloat32 { get; init; }

    /// <summary>The form in which latent attention is computed.</summary>
    public LatentAttentionForm LatentAttention { get; init; }

    /// <summary>Whether a multi-token-prediction module is loaded, where the model has one: drafts may then come from it. Default false.</summary>
    public bool LoadsPrediction { get; init; }

    /// <summary>
    /// Keeps packed weights on disk, so that later loads of the model map them instead of packing them again. The files are as large as the models. Default null: off.
    /// </summary>
    public PackedCacheOptions? PackedCache { get; init; }

    /// <summary>
    /// Most bytes of memory for weights; 0: no limit. A mixture of experts that has more keeps its routed experts on disk, in the cache of packed weights whatever
    /// <see cref="PackedCache"/> says, and brings into memory those that are chosen. What it computes is the same, bit for bit.
    /// </summary>
    public long WeightMemory { get; init; }

    /// <summary>Told about the progress of loading, or null. Nothing is told when weights come from the cache.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>Told in a sentence about trouble that does not keep the model from loading, such as a cache that cannot be written; or null. Called from any thread.</summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>How far loading has come.</summary>
/// <param name="BytesDone">Bytes of weights loaded.</param>
/// <param name="BytesTotal">Bytes of weights to load.</param>
public readonly record struct LoadProgress(long BytesDone, long BytesTotal);
