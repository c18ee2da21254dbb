namespace SeekSharp.Inference;

/// <summary>Where drafts come from.</summary>
public enum DraftKind
{
    /// <summary>There are none: one token a step.</summary>
    None,
    /// <summary>From the text itself: what followed the last tokens where they stood before (prompt lookup). For any model.</summary>
    NGram,
    /// <summary>From the model's own multi-token-prediction module (DeepSeek-V3 §2.2); it must have been loaded: <see cref="LoadOptions.LoadsPrediction"/>.</summary>
    MultiTokenPrediction,
}

/// <summary>
/// Speculative decoding (arXiv 2211.17192 §2): several drafted tokens are computed in one step, and those that the model would have chosen itself are accepted.
/// The reply is token for token the one without speculation, for any sampling and seed: only the time that it takes changes.
/// </summary>
public sealed record SpeculationOptions
{
    /// <summary>Most drafts of one step.</summary>
    public const int MostDrafts = 32;

    /// <summary>One token a step.</summary>
    public static SpeculationOptions None { get; } = new() { Kind = DraftKind.None };

    /// <summary>Where drafts come from. Default: n-grams.</summary>
    public DraftKind Kind { get; init; } = DraftKind.NGram;

    /// <summary>A source of the caller's own, which then takes the place of <see cref="Kind"/>; it serves this request alone. Default: null.</summary>
    public IDraftSource? Source { get; init; }

    /// <summary>Most drafts of one step, 1 to <see cref="MostDrafts"/>. Default 8.</summary>
    public int MaxDrafts { get; init; } = 8;

    /// <summary>Tokens that must have stood there before, one after the other, for an n-gram to be continued, 1 to 16. Default 3.</summary>
    public int ShortestMatch { get; init; } = 3;

    /// <summary>
    /// Whether the number of drafts follows from how many were accepted and from what steps cost, down to none where they do not pay. Default true; otherwise
    /// every step takes all drafts that there are.
    /// </summary>
    public bool IsAdaptive { get; init; } = true;

    /// <summary>Checks the numbers.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public SpeculationOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDrafts, 1, nameof(MaxDrafts));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDrafts, MostDrafts, nameof(MaxDrafts));
        ArgumentOutOfRangeException.ThrowIfLessThan(ShortestMatch, 1, nameof(ShortestMatch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ShortestMatch, NGramDrafts.LongestMatch, nameof(ShortestMatch));
        return this;
    }
}
