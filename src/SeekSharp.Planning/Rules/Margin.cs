namespace SeekSharp.Planning.Rules;

/// <summary>How far an item is from a threshold of a rule.</summary>
/// <param name="Rule">The rule's id.</param>
/// <param name="Paragraph">The entry that has the threshold.</param>
/// <param name="Measure">What is compared.</param>
/// <param name="Value">The item's value; null: unknown.</param>
/// <param name="Comparison">"&gt;=", "&gt;", "&lt;=" or "&lt;": how a value compares that meets the condition.</param>
/// <param name="Threshold">The rule's value.</param>
public sealed record Margin(string Rule, string Paragraph, Measure Measure, double? Value, string Comparison, double Threshold)
{
    /// <summary>Value less threshold: above zero over it, below zero under it; null: unknown.</summary>
    public double? Difference => Value - Threshold;

    /// <summary>Whether the item meets the condition; null: unknown.</summary>
    public required bool? IsMet { get; init; }
}
