namespace SeekSharp.Weights;

/// <summary>Memory that a model's packed weights lie in.</summary>
internal abstract unsafe class PackedWeights : IDisposable
{
    /// <summary>Start of the weights, aligned to a page.</summary>
    public abstract byte* Start { get; }

    /// <summary>Bytes of all weights.</summary>
    public abstract long ByteCount { get; }

    /// <summary>How the weights came there.</summary>
    public abstract WeightOrigin Origin { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
