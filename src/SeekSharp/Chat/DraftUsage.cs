using Microsoft.Extensions.AI;
using SeekSharp.Inference;

namespace SeekSharp.Chat;

/// <summary>What speculative decoding did, among the additional counts of a reply's usage.</summary>
public static class DraftUsage
{
    private const string Drafted = "DraftTokenCount", Accepted = "AcceptedDraftTokenCount", Steps = "DecodingStepCount";

    /// <summary>Finds the counts in a reply's usage.</summary>
    /// <param name="usage">The usage, or null.</param>
    /// <returns>The counts, or null where the usage has none.</returns>
    public static DraftCounts? Read(UsageDetails? usage) =>
        usage?.AdditionalCounts is { } counts && counts.TryGetValue(Drafted, out long drafted) && counts.TryGetValue(Accepted, out long accepted) && counts.TryGetValue(Steps, out long steps)
            ? new DraftCounts((int)drafted, (int)accepted, (int)steps)
            : null;

    internal static AdditionalPropertiesDictionary<long> Create(DraftCounts counts) =>
        new() { [Drafted] = counts.Drafted, [Accepted] = counts.Accepted, [Steps] = counts.Steps };
}
