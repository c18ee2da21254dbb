using SeekSharp.Models;

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

    /// <summary>Told about the progress of loading, or null.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }
}

/// <summary>How far loading has come.</summary>
/// <param name="BytesDone">Bytes of weights loaded.</param>
/// <param name="BytesTotal">Bytes of weights to load.</param>
public readonly record struct LoadProgress(long BytesDone, long BytesTotal);
