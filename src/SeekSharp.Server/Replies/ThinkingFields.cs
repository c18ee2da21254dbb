using Microsoft.Extensions.AI;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Replies;

/// <summary>Whether and how long the model thinks.</summary>
/// <param name="Thinks">Null leaves it to the model.</param>
/// <param name="Effort">How long; null: as long as it likes.</param>
/// <param name="Budget">Most tokens of reasoning, stronger than the effort; null: no limit.</param>
internal readonly record struct ThinkingFields(bool? Thinks, ReasoningEffort? Effort, int? Budget)
{
    /// <summary>Puts together what a request says. What it says itself comes before what its model's name says, and the switch before the effort.</summary>
    /// <param name="byName">What the name of the model says.</param>
    /// <param name="type">"enabled", "disabled", "adaptive" or null.</param>
    /// <param name="budget">Most tokens of reasoning, or null.</param>
    /// <param name="effort">"none", "minimal", "low", "medium", "high", "xhigh", "max" or null.</param>
    /// <param name="effortName">What the API calls the effort.</param>
    /// <exception cref="ApiException">A field has a value that it cannot have.</exception>
    public static ThinkingFields Read(bool? byName, string? type, int? budget, string? effort, string effortName)
    {
        bool? switched = type switch
        {
            null or "adaptive" => null,
            "enabled" => true,
            "disabled" => false,
            _ => throw ApiException.Invalid("thinking.type", "'thinking.type' must be enabled, disabled or adaptive."),
        };
        if (budget is { } most) SamplingFields.Whole("thinking.budget_tokens", most, 0, int.MaxValue);
        ReasoningEffort? level = effort switch
        {
            null => null,
            "none" => ReasoningEffort.None,
            "minimal" or "low" => ReasoningEffort.Low,
            "medium" => ReasoningEffort.Medium,
            "high" => ReasoningEffort.High,
            "xhigh" or "max" => ReasoningEffort.ExtraHigh,
            _ => throw ApiException.Invalid(effortName, $"'{effortName}' must be none, minimal, low, medium, high, xhigh or max."),
        };
        bool? thinks = switched ?? (level is null ? byName : level != ReasoningEffort.None);
        return new ThinkingFields(thinks, thinks == false || level == ReasoningEffort.None ? null : level, budget);
    }
}
