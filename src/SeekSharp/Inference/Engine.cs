namespace SeekSharp.Inference;

/// <summary>What an engine may use.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Storage of the cache.</summary>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>Tokens that all sequences together may hold; 0 takes the smaller of 4,096 and the model's own context.</summary>
    public int CacheTokens { get; init; }

    /// <summary>Most tokens that one forward pass takes; longer prompts are cut into chunks.</summary>
    public int MaxBatch { get; init; } = 512;
}

/// <summary>Computes: owns the cache and the buffers of a forward pass. One caller at a time.</summary>
public sealed class Engine : IDisposable
{
    /// <summary>Creates an engine.</summary>
    /// <param name="model">The model; it must outlive the engine.</param>
    /// <param name="options">What the engine may use, or null for the defaults.</param>
    public Engine(LanguageModel model, EngineOptions? options = null) => throw new NotImplementedException($"{model} {options}");

    /// <summary>Bytes that the cache occupies.</summary>
    public long CacheBytes => throw new NotImplementedException();

    /// <summary>Starts an empty sequence.</summary>
    /// <returns>The sequence; dispose it to give its cache pages back.</returns>
    public Sequence CreateSequence() => throw new NotImplementedException();

    /// <summary>Appends tokens to a sequence and computes the logits behind the last one.</summary>
    /// <param name="sequence">A sequence of this engine.</param>
    /// <param name="tokens">At least one token.</param>
    /// <returns>Logits [vocabulary], valid until the next call.</returns>
    public ReadOnlySpan<float> Evaluate(Sequence sequence, ReadOnlySpan<int> tokens) => throw new NotImplementedException();

    /// <summary>Appends tokens to a sequence and computes the logits behind each of them.</summary>
    /// <param name="sequence">A sequence of this engine.</param>
    /// <param name="tokens">At least one token.</param>
    /// <param name="logits">Receives [tokens, vocabulary].</param>
    public void EvaluateAll(Sequence sequence, ReadOnlySpan<int> tokens, Span<float> logits) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() { }
}

/// <summary>Tokens that the engine has seen, with their cache pages.</summary>
public sealed class Sequence : IDisposable
{
    /// <summary>Number of tokens so far.</summary>
    public int Length => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() { }
}
