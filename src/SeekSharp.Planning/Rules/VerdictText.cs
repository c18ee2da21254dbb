namespace SeekSharp.Planning.Rules;

/// <summary>The sentences of a verdict.</summary>
internal static class VerdictText
{
    public static string Why(RuledItem item, DateOnly on, RuleFinding? main, IReadOnlyList<RuleFinding> findings)
    {
        if (main is not null) return Sentence(main);
        List<RuleFinding> inForce = [.. findings.Where(finding => finding.Status == RuleStatus.InForce && finding.Rule.Kind == RuleKind.Control)];
        if (inForce.Count > 0) return string.Join(' ', inForce.Select(Sentence));
        string subject = item.Subject switch { RuleSubject.Chip => "chips", RuleSubject.Memory => "memory", _ => "weights of models" };
        return $"No rule on {subject} was in force on {on.Words()}.";
    }

    public static IReadOnlyList<string> Notes(
        RuledItem item, DateOnly on, Destination to, RuleFinding? main, RuleFinding? change, IReadOnlyList<RuleFinding> findings)
    {
        List<string> notes = [];
        foreach (RuleFinding finding in findings)
        {
            Rule rule = finding.Rule;
            if (finding.Status == RuleStatus.Issued)
                notes.Add($"{rule.Title} was issued on {rule.Issued.Words()} and takes effect on {rule.Effective!.Value.Words()}. {Sentence(finding)}");
            else if (finding.Status == RuleStatus.InForce && finding.Controls == true && on < rule.Compliance)
                notes.Add($"{rule.Title} is in force, but need not be complied with before {rule.Compliance.Value.Words()}.");
            else if (finding.Status == RuleStatus.NotEnforced && finding.Reaches && finding.Covers != false)
                notes.Add($"{rule.Title} would cover it ({finding.Paragraph}; {finding.Policy}), but is not enforced since {rule.NotEnforcedFrom!.Value.Words()}.");
            else if (rule.Kind == RuleKind.Policy && finding is { Status: RuleStatus.InForce, Reaches: true, Covers: false })
                notes.Add($"{rule.Title} ({rule.Citation}) does not fit: {finding.Why}.");
            if (finding != main && finding.Controls == true) notes.Add($"{rule.Title} controls it too ({finding.Paragraph}; {finding.Policy}).");
        }

        foreach (Rule happened in RuleBook.Rules)
            if (happened.Names.Contains(item.Name) && on >= happened.Issued && !(happened.Until <= on)) notes.Add($"{happened.Summary} It is not counted here.");
        if (change is not null) notes.Add($"The licence policy is that of {change.Rule.Citation}, in force since {change.Rule.Effective!.Value.Words()}.");
        if ((change ?? main)?.Rule.Unclear is { } unclear) notes.Add(unclear);
        if (item.Note is not null) notes.Add(item.Note);
        if (item.Confidence == Chips.Confidence.Low) notes.Add("The figures of this item are of low confidence.");
        if (to.Country.Code == "US" && to.Headquarters is null) notes.Add("What stays in the United States is no export.");
        else if (to.Country.IsIn(["E", "RU", "BY"], on)) notes.Add($"Other rules, which are not among these data, forbid nearly all exports to {to.Country.Name}.");
        if (on > RuleBook.AsOf) notes.Add($"These data end on {RuleBook.AsOf.Words()}; what was changed since then is not in them.");
        return notes;
    }

    private static string Sentence(RuleFinding finding) => $"{finding.Rule.Title} ({finding.Rule.Citation}), {finding.Why}.";
}
