using Microsoft.Extensions.AI;

namespace SeekSharp.Chat;

/// <summary>What levels of effort mean in tokens: a share of what the reply may have, so that small contexts leave room for an answer, and no more than is useful.</summary>
internal static class ReasoningEfforts
{
    /// <summary>Most tokens of reasoning.</summary>
    /// <param name="effort">The level.</param>
    /// <param name="room">Tokens that the reply may have.</param>
    /// <returns>The budget, or null for no limit.</returns>
    public static int? BudgetOf(ReasoningEffort? effort, int room) => effort switch
    {
        ReasoningEffort.Low => Math.Min(room / 5, 1024),
        ReasoningEffort.Medium => Math.Min(room / 2, 8192),
        ReasoningEffort.High => Math.Min(room / 5 * 4, 32_768),
        _ => null,
    };
}
