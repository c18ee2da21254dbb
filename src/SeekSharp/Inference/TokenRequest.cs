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

    /// <summary>
    /// On whose behalf this is, for instance an identifier of an API key: tenants take turns, whatever number of requests each has, and share no cached prefixes
    /// unless <see cref="SchedulerOptions.SharesPrefixesBetweenTenants"/> says so. Default: empty, a tenant of its own.
    /// </summary>
    public string Tenant { get; init; } = "";

    /// <summary>Longest time from submission to the last token; then the reply fails with a <see cref="TimeoutException"/>. Null: no limit. Default null.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Whether computed prefixes are kept on disk, where the scheduler has a <see cref="SchedulerOptions.PrefixStore"/>. Default true.</summary>
    public bool KeepsPrefix { get; init; } = true;

    /// <summary>Observes or replays the choice of experts, or null.</summary>
    public RouterTrace? Trace { get; init; }

    /// <summary>How the reply is speculated on. Default: from n-grams.</summary>
    public SpeculationOptions Speculation { get; init; } = new();

    /// <summary>Ends reasoning that becomes too long, or null.</summary>
    internal ReasoningLimit? Reasoning { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <returns>This request.</returns>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public TokenRequest Validate()
    {
        if (Prompt.IsEmpty) throw new ArgumentException("A prompt needs at least one token.", nameof(Prompt));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxTokens, nameof(MaxTokens));
        ArgumentOutOfRangeException.ThrowIfNegative(VocabularySize, nameof(VocabularySize));
        ArgumentNullException.ThrowIfNull(Tenant);
        if (TimeLimit is { } limit) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(TimeLimit));
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
