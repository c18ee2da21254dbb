using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>How a text is continued and when it ends.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate. Default: no limit but the context.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>Tokens that end the text and are not part of it. Default null: those of the tokenizer.</summary>
    public IReadOnlySet<int>? StopTokens { get; init; }

    /// <summary>Strings that end the text and are not part of it. Default: none.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>How tokens are chosen.</summary>
    public SamplerOptions Sampling { get; init; } = new();

    /// <summary>Cached prefixes are shared only with requests of the same salt. Default: empty, shared with all that have none.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>Observes or replays the choice of experts. Default: null.</summary>
    public RouterTrace? Trace { get; init; }

    /// <summary>How the text is speculated on. Default: from n-grams.</summary>
    public SpeculationOptions Speculation { get; init; } = new();

    /// <summary>Checks every number and string.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public GenerationOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxTokens, nameof(MaxTokens));
        if (StopStrings.Any(string.IsNullOrEmpty)) throw new ArgumentException("A stop string must not be empty.", nameof(StopStrings));
        Sampling.Validate();
        Speculation.Validate();
        return this;
    }
}
