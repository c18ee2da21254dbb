using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Rules;

/// <summary>Whether something is controlled on a day for a destination, and why.</summary>
public sealed record Verdict
{
    /// <summary>What this is not.</summary>
    public const string Disclaimer =
        "This is arithmetic on published thresholds, and no legal advice: end users, end uses, entity lists, embargoes and the text of the rules decide.";

    /// <summary>What was asked about.</summary>
    public required string Item { get; init; }

    /// <summary>The day.</summary>
    public required DateOnly On { get; init; }

    /// <summary>The destination.</summary>
    public required Destination To { get; init; }

    /// <summary>Whether a rule in force on that day covers the item for that destination; null where a figure is missing on which that depends.</summary>
    public required bool? Controlled { get; init; }

    /// <summary>The entry of the control list; null: not controlled.</summary>
    public string? Paragraph { get; init; }

    /// <summary>The rule that controls it; null: none.</summary>
    public Rule? Rule { get; init; }

    /// <summary>How licences are decided; null: not controlled.</summary>
    public string? Policy { get; init; }

    /// <summary>Licence exceptions that fit, each in words.</summary>
    public IReadOnlyList<string> Exceptions { get; init; } = [];

    /// <summary>Why, in a sentence or two.</summary>
    public required string Why { get; init; }

    /// <summary>What each rule says that was issued by that day.</summary>
    public required IReadOnlyList<RuleFinding> Findings { get; init; }

    /// <summary>What else a reader should know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>How sure the answer is: as the least sure of rule and figures.</summary>
    public required Confidence Confidence { get; init; }
}
