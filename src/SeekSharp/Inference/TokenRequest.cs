using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>What a caller wants continued.</summary>
public sealed record TokenRequest
{
    /// <summary>Tokens to start from, at least one.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplerOptions Sampling { get; init; } = new();

    /// <summary>Most tokens to generate. Default: as many as the cache can hold.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>Tokens from this id on are never chosen: heads may be padded behind the tokenizer's last token. Default 0: the model's vocabulary.</summary>
    public int VocabularySize { get; init; }

    /// <summary>Tokens that end the reply and are not part of it. Default: none.</summary>
    public IReadOnlySet<int> StopTokens { get; init; } = new HashSet<int>();

    /// <summary>Cached prefixes are shared only with requests of the same salt. Default: empty, shared with all that have none.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>Observes or replays the choice of experts, or null.</summary>
    public RouterTrace? Trace { get; init; }

    /// <summary>How the reply is speculated on. Default: from n-grams.</summary>
    public SpeculationOptions Speculation { get; init; } = new();

    /// <summary>Checks the numbers.</summary>
    /// <returns>This request.</returns>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public TokenRequest Validate()
    {
        if (Prompt.IsEmpty) throw new ArgumentException("A prompt needs at least one token.", nameof(Prompt));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxTokens, nameof(MaxTokens));
        ArgumentOutOfRangeException.ThrowIfNegative(VocabularySize, nameof(VocabularySize));
        Sampling.Validate();
        Speculation.Validate();
        return this;
    }
}

/// <summary>One token of a reply.</summary>
/// <param name="Token">Token id.</param>
/// <param name="LogProbability">In the model's own distribution, where it was asked for; otherwise NaN.</param>
/// <param name="Top">The most probable tokens of this step, where they were asked for; otherwise null.</param>
public readonly record struct SampledToken(int Token, float LogProbability, IReadOnlyList<TokenLogProbability>? Top);
