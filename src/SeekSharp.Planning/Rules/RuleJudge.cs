namespace SeekSharp.Planning.Rules;

/// <summary>What one rule says.</summary>
internal static class RuleJudge
{
    public static RuleFinding Judge(Rule rule, RuledItem item, DateOnly on, Destination to)
    {
        RuleParagraph? entry = rule.Paragraphs.FirstOrDefault(paragraph => paragraph.Covers(item) == true);
        bool? covers = entry is not null ? true : rule.Paragraphs.Any(paragraph => paragraph.Covers(item) is null) ? null : false;
        RuleScope? scope = rule.Scopes.FirstOrDefault(candidate => candidate.Countries.Reach(to, on));
        return new RuleFinding
        {
            Rule = rule,
            Status = rule.StatusOn(on),
            Paragraph = entry?.Name,
            Covers = covers,
            Reaches = scope is { IsFree: false },
            Policy = scope?.Policy,
            Exceptions = entry is null || scope is not { IsFree: false } ? [] : [.. Exceptions(rule, entry, item, on, to), .. Caps(scope, item)],
            Why = Why(rule, entry, covers, item, to, scope),
            Margins = [.. Margins(rule, item)],
        };
    }

    /// <summary>The first exception that fits: the stricter ones come first in the data.</summary>
    private static IEnumerable<string> Exceptions(Rule rule, RuleParagraph entry, RuledItem item, DateOnly on, Destination to) =>
        rule.Exceptions
            .Where(exception => exception.Paragraphs.Contains(entry.Name) && exception.Countries.Reach(to, on) && RuleParagraph.All(exception.When, item) == true)
            .Select(exception => exception.Text).Take(1);

    /// <summary>A cap in chips of this kind.</summary>
    private static IEnumerable<string> Caps(RuleScope scope, RuledItem item)
    {
        if (scope.CountryCap is not { } country || scope.ConsigneeCap is not { } consignee) yield break;
        double performance = item.Values[Measure.TotalProcessingPerformance];
        string Chips(double cap) => Numbers.Invariant(Math.Round(cap / performance), "#,0");
        yield return $"{scope.CapText} (about {Chips(country)} and {Chips(consignee)} of these chips)";
    }

    private static IEnumerable<Margin> Margins(Rule rule, RuledItem item)
    {
        HashSet<(Measure, string, double)> seen = [];
        foreach (RuleParagraph paragraph in rule.Paragraphs)
        {
            foreach (Condition condition in paragraph.Any.SelectMany(list => list).Concat(paragraph.Unless))
            {
                if (condition.Measure is not { } measure || !seen.Add((measure, condition.Comparison, condition.Threshold))) continue;
                double? value = item.Values.TryGetValue(measure, out double known) ? known : null;
                yield return new Margin(rule.Id, paragraph.Name, measure, value, condition.Comparison, condition.Threshold) { IsMet = condition.Holds(item) };
            }
        }
    }

    private static string Why(Rule rule, RuleParagraph? entry, bool? covers, RuledItem item, Destination to, RuleScope? scope)
    {
        string reason = covers switch
        {
            true => $"{entry!.Name}: {Met(entry, item)}",
            null => $"it cannot be told: {Unmet(rule, item)}",
            false when rule.Paragraphs.FirstOrDefault(paragraph => paragraph.Excludes(item) == true) is { } excluded =>
                $"{excluded.UnlessName} leaves it out: {string.Join(" and ", excluded.Unless.Select(condition => condition.Describe(item)))}",
            false => Unmet(rule, item),
        };
        string where = covers != true || scope is { IsFree: false } ? ""
            : scope is null ? $"; {to} is no destination for which the rule asks for a licence"
            : $"; {to}: {scope.Policy}";
        return reason + where;
    }

    private static string Met(RuleParagraph entry, RuledItem item) =>
        string.Join(" and ", entry.Any.First(list => RuleParagraph.All(list, item) == true).Select(condition => condition.Describe(item)));

    /// <summary>For each entry what keeps the item out of it.</summary>
    private static string Unmet(Rule rule, RuledItem item)
    {
        List<string> entries = [];
        foreach (RuleParagraph paragraph in rule.Paragraphs)
        {
            IEnumerable<string> misses = paragraph.Any
                .Select(list => list.FirstOrDefault(condition => condition.Holds(item) == false) ?? list.FirstOrDefault(condition => condition.Holds(item) is null))
                .OfType<Condition>().Select(condition => condition.Describe(item)).Distinct();
            entries.Add($"{(rule.Paragraphs.Count > 1 || paragraph.Name.Length > 0 ? $"{paragraph.Name}: " : "")}{string.Join(", ", misses)}");
        }

        return string.Join("; ", entries);
    }
}
