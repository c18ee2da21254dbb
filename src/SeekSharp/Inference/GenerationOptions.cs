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

    /// <summary>
    /// On whose behalf this is, for instance an identifier of an API key: tenants take turns, whatever number of requests each has, and share no cached prefixes
    /// unless <see cref="SchedulerOptions.SharesPrefixesBetweenTenants"/> says so. Default: empty, a tenant of its own.
    /// </summary>
    public string Tenant { get; init; } = "";

    /// <summary>Longest time until the text is complete; then it fails with a <see cref="TimeoutException"/>. Null: no limit. Default null.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Whether computed prefixes are kept on disk, where the scheduler has a <see cref="SchedulerOptions.PrefixStore"/>. Default true.</summary>
    public bool KeepsPrefix { get; init; } = true;

    /// <summary>
    /// Most tokens that a model may think in a chat before the end of its thoughts is written for it (the closing tag itself and what belongs to it come on top).
    /// 0 closes thoughts at once. Null: no limit. Default null. Only chats know thoughts.
    /// </summary>
    public int? ReasoningBudget { get; init; }

    /// <summary>What is written in front of the closing tag when <see cref="ReasoningBudget"/> is used up ("Considering the limited time, I answer now."). Default: nothing.</summary>
    public string ReasoningClosing { get; init; } = "";

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
        ArgumentNullException.ThrowIfNull(Tenant);
        ArgumentNullException.ThrowIfNull(ReasoningClosing);
        if (ReasoningBudget is { } budget) ArgumentOutOfRangeException.ThrowIfNegative(budget, nameof(ReasoningBudget));
        if (TimeLimit is { } limit) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(TimeLimit));
        if (StopStrings.Any(string.IsNullOrEmpty)) throw new ArgumentException("A stop string must not be empty.", nameof(StopStrings));
        Sampling.Validate();
        Speculation.Validate();
        return this;
    }
}
