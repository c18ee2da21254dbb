namespace SeekSharp.Planning.Rules;

/// <summary>What one rule says about an item, a day and a destination.</summary>
public sealed record RuleFinding
{
    /// <summary>The rule.</summary>
    public required Rule Rule { get; init; }

    /// <summary>How it stands on that day.</summary>
    public required RuleStatus Status { get; init; }

    /// <summary>The entry that the item is in; null: none, or unknown.</summary>
    public required string? Paragraph { get; init; }

    /// <summary>Whether the item is in an entry of the rule; null where a figure is missing on which that depends.</summary>
    public required bool? Covers { get; init; }

    /// <summary>Whether the destination is one for which the rule asks for a licence.</summary>
    public required bool Reaches { get; init; }

    /// <summary>How licences for the destination are decided; null: the destination is none of the rule's.</summary>
    public required string? Policy { get; init; }

    /// <summary>Licence exceptions that fit.</summary>
    public required IReadOnlyList<string> Exceptions { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Why { get; init; }

    /// <summary>How far the item is from each threshold.</summary>
    public required IReadOnlyList<Margin> Margins { get; init; }

    /// <summary>Whether the rule, in force, controls the item for the destination; null where a figure is missing on which that depends.</summary>
    public bool? Controls => Rule.Kind == RuleKind.Control && Status == RuleStatus.InForce && Reaches ? Covers : false;
}
