namespace SeekSharp.Weights;

/// <summary>Memory that a model's packed weights lie in.</summary>
internal abstract unsafe class PackedWeights : IDisposable
{
    /// <summary>Where in memory weights are.</summary>
    /// <param name="offset">Their place among all packed weights.</param>
    public abstract byte* At(long offset);

    /// <summary>Bytes of all weights.</summary>
    public abstract long ByteCount { get; }

    /// <summary>How the weights came there.</summary>
    public abstract WeightOrigin Origin { get; }

    /// <summary>What is still done in the background for the file that the weights are in. It does not throw; <see cref="Dispose()"/> waits for it.</summary>
    public Task Finishing { get; set; } = Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        Finishing.Wait();
        Free();
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Free();
}
