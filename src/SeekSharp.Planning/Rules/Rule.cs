using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Rules;

/// <summary>What a rule does.</summary>
public enum RuleKind
{
    /// <summary>Says what needs a licence.</summary>
    Control,

    /// <summary>Changes how licences under another rule are decided.</summary>
    Policy,

    /// <summary>Changes another rule, whose data have the change.</summary>
    Amendment,

    /// <summary>Happened beside the rules.</summary>
    Event,
}

/// <summary>What a rule is about.</summary>
public enum RuleSubject
{
    /// <summary>Processors.</summary>
    Chip,

    /// <summary>Stacks or packages of memory.</summary>
    Memory,

    /// <summary>Weights of models.</summary>
    Weights,
}

/// <summary>How a rule stands on a day.</summary>
public enum RuleStatus
{
    /// <summary>Nobody knew of it.</summary>
    NotIssued,

    /// <summary>Issued, and takes effect later.</summary>
    Issued,

    /// <summary>In force.</summary>
    InForce,

    /// <summary>In force by its text, and not enforced by its agency.</summary>
    NotEnforced,

    /// <summary>Replaced.</summary>
    Ended,
}

/// <summary>A rule, or what happened to one, with its dates.</summary>
public sealed record Rule
{
    /// <summary>Short name, by year and month.</summary>
    public required string Id { get; init; }

    /// <summary>Name.</summary>
    public required string Title { get; init; }

    /// <summary>Where its text is.</summary>
    public required string Citation { get; init; }

    /// <summary>What it does.</summary>
    public required RuleKind Kind { get; init; }

    /// <summary>What it is about.</summary>
    public required RuleSubject Subject { get; init; }

    /// <summary>The day on which it was made known.</summary>
    public required DateOnly Issued { get; init; }

    /// <summary>The day of the Federal Register; null: not in it, or the same.</summary>
    public DateOnly? Published { get; init; }

    /// <summary>The first day on which it is in force; null: an event.</summary>
    public DateOnly? Effective { get; init; }

    /// <summary>The first day on which it must be complied with; null: the day of effect.</summary>
    public DateOnly? Compliance { get; init; }

    /// <summary>The first day on which its agency does not enforce it; null: enforced.</summary>
    public DateOnly? NotEnforcedFrom { get; init; }

    /// <summary>The first day on which it is no longer in force; null: still in force.</summary>
    public DateOnly? Until { get; init; }

    /// <summary>What it says, in a sentence or two.</summary>
    public required string Summary { get; init; }

    /// <summary>Where these data come from.</summary>
    public required string Source { get; init; }

    /// <summary>How sure these data are.</summary>
    public required Confidence Confidence { get; init; }

    /// <summary>What is unclear, or left out of these data; null: nothing.</summary>
    public string? Unclear { get; init; }

    /// <summary>The chips that an event is about, by name.</summary>
    internal IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The entries of a control; of a change of policy, its conditions.</summary>
    internal IReadOnlyList<RuleParagraph> Paragraphs { get; init; } = [];

    internal IReadOnlyList<RuleScope> Scopes { get; init; } = [];

    internal IReadOnlyList<RuleException> Exceptions { get; init; } = [];

    /// <summary>The rules whose policy a change is about.</summary>
    internal IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>How it stands on a day.</summary>
    /// <param name="on">The day.</param>
    public RuleStatus StatusOn(DateOnly on) =>
        on < Issued ? RuleStatus.NotIssued
        : Until <= on ? RuleStatus.Ended
        : NotEnforcedFrom <= on ? RuleStatus.NotEnforced
        : Effective is { } effective && on < effective ? RuleStatus.Issued
        : RuleStatus.InForce;
}

/// <summary>An entry of the control list: any of the lists of conditions, unless all of another list hold.</summary>
internal sealed record RuleParagraph(string Name, IReadOnlyList<IReadOnlyList<Condition>> Any, IReadOnlyList<Condition> Unless, string UnlessName)
{
    /// <summary>Whether an item is in the entry; null where a figure is missing on which that depends.</summary>
    public bool? Covers(RuledItem item)
    {
        bool? any = false;
        foreach (var conditions in Any) any |= All(conditions, item);
        return any & !Excludes(item);
    }

    /// <summary>Whether a note to the entry leaves an item out.</summary>
    public bool? Excludes(RuledItem item) => Unless.Count == 0 ? false : All(Unless, item);

    /// <summary>Whether all hold; null where some are unknown and none fails.</summary>
    public static bool? All(IReadOnlyList<Condition> conditions, RuledItem item)
    {
        bool? all = true;
        foreach (Condition condition in conditions) all &= condition.Holds(item);
        return all;
    }
}

/// <summary>Countries, by code and group, with days between which they count.</summary>
/// <param name="To">Codes, groups, or "*".</param>
/// <param name="Not">Codes and groups that are left out.</param>
/// <param name="CountsHeadquarters">Whether companies with headquarters in these countries count anywhere.</param>
/// <param name="From">The first day; null: that of the rule.</param>
/// <param name="Until">The first day no longer; null: that of the rule.</param>
internal sealed record RuleCountries(IReadOnlyList<string> To, IReadOnlyList<string> Not, bool CountsHeadquarters, DateOnly? From, DateOnly? Until)
{
    public bool Reach(Destination destination, DateOnly on)
    {
        if (From > on || Until <= on) return false;
        return Has(destination.Country) || (CountsHeadquarters && destination.Headquarters is { } headquarters && Has(headquarters));

        bool Has(Country country) => country.IsIn(To, on) && !country.IsIn(Not, on);
    }
}

/// <summary>Destinations and how licences for them are decided.</summary>
/// <param name="Countries">The destinations.</param>
/// <param name="Policy">How licences are decided.</param>
/// <param name="IsFree">Whether no licence is needed.</param>
/// <param name="CountryCap">Most TPP of a country together; null: no cap.</param>
/// <param name="ConsigneeCap">Most TPP a year of a consignee without a licence; null: none.</param>
/// <param name="CapText">The caps in words.</param>
internal sealed record RuleScope(RuleCountries Countries, string Policy, bool IsFree, double? CountryCap, double? ConsigneeCap, string? CapText);

/// <summary>A licence exception.</summary>
/// <param name="Name">"NAC".</param>
/// <param name="When">What an item must be.</param>
/// <param name="Paragraphs">For which entries.</param>
/// <param name="Countries">For which destinations.</param>
/// <param name="Text">What it means.</param>
internal sealed record RuleException(string Name, IReadOnlyList<Condition> When, IReadOnlyList<string> Paragraphs, RuleCountries Countries, string Text);
