using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Rules;

/// <summary>The export rules by date: what controls a chip, a memory or a model's weights on a day for a destination.</summary>
public static class RuleBook
{
    private static readonly Lazy<(IReadOnlyList<Rule> Rules, DateOnly AsOf)> Data = new(RuleReader.Read);

    /// <summary>All rules and events, by the day of issue.</summary>
    public static IReadOnlyList<Rule> Rules => Data.Value.Rules;

    /// <summary>The last day that these data know about.</summary>
    public static DateOnly AsOf => Data.Value.AsOf;

    /// <summary>Judges a chip.</summary>
    /// <param name="chip">The chip.</param>
    /// <param name="on">The day.</param>
    /// <param name="to">The destination.</param>
    public static Verdict Judge(Chip chip, DateOnly on, Destination to) => Judge(RuledItem.Of(chip), on, to);

    /// <summary>Judges the weights of a model.</summary>
    /// <param name="operations">Operations of its training, above 0.</param>
    /// <param name="isOpen">Whether the weights are published.</param>
    /// <param name="on">The day.</param>
    /// <param name="to">The destination.</param>
    /// <exception cref="PlanningException">The number of operations makes no sense.</exception>
    public static Verdict JudgeWeights(double operations, bool isOpen, DateOnly on, Destination to) =>
        double.IsFinite(operations) && operations > 0
            ? Judge(RuledItem.Weights(operations, isOpen), on, to)
            : throw new PlanningException("The operations of training must be above 0, such as 1e26.");

    /// <summary>Judges memory that is in no package with a processor.</summary>
    /// <param name="bandwidth">Bytes a second of a stack or package, above 0.</param>
    /// <param name="area">Its square millimetres, above 0.</param>
    /// <param name="on">The day.</param>
    /// <param name="to">The destination.</param>
    /// <exception cref="PlanningException">A figure makes no sense.</exception>
    public static Verdict JudgeMemory(double bandwidth, double area, DateOnly on, Destination to) =>
        double.IsFinite(bandwidth) && bandwidth > 0 && double.IsFinite(area) && area > 0
            ? Judge(RuledItem.Memory(bandwidth, area), on, to)
            : throw new PlanningException("Memory needs a bandwidth and an area above 0, such as 819GB/s and 110mm2.");

    private static Verdict Judge(RuledItem item, DateOnly on, Destination to)
    {
        List<RuleFinding> findings =
            [.. Rules.Where(rule => rule.Kind == RuleKind.Control && rule.Subject == item.Subject && on >= rule.Issued).Select(rule => RuleJudge.Judge(rule, item, on, to))];
        RuleFinding? main = findings.FirstOrDefault(finding => finding.Controls == true) ?? findings.FirstOrDefault(finding => finding.Controls is null);
        Rule? change = main is null ? null : Rules.FirstOrDefault(rule => Changes(rule, main, item, on, to));
        Confidence confidence = (main ?? findings.LastOrDefault(finding => finding.Status == RuleStatus.InForce))?.Rule.Confidence ?? Confidence.High;
        return new Verdict
        {
            Item = item.Name,
            On = on,
            To = to,
            Controlled = main is null ? false : main.Controls,
            Paragraph = main?.Paragraph,
            Rule = main?.Rule,
            Policy = change is null ? main?.Policy : change.Scopes.First(scope => scope.Countries.Reach(to, on)).Policy,
            Exceptions = main?.Exceptions ?? [],
            Why = VerdictText.Why(item, on, main, findings),
            Findings = findings,
            Notes = VerdictText.Notes(item, on, to, main, change, findings),
            Confidence = (Confidence)Math.Min((int)confidence, (int)item.Confidence),
        };
    }

    /// <summary>Whether a change of policy is in force and is about a finding.</summary>
    private static bool Changes(Rule rule, RuleFinding finding, RuledItem item, DateOnly on, Destination to) =>
        rule.Kind == RuleKind.Policy && rule.Changes.Contains(finding.Rule.Id) && rule.StatusOn(on) == RuleStatus.InForce
        && RuleParagraph.All(rule.When, item) == true && rule.Scopes.Any(scope => scope.Countries.Reach(to, on))
        // A company of another country of group D:5 in China is judged by its headquarters.
        && (to.Headquarters is null || rule.Scopes.Any(scope => scope.Countries.Reach(new Destination(to.Headquarters), on)) || !IsDenied(to.Headquarters, on));

    private static bool IsDenied(Country country, DateOnly on) => country.IsIn(["D:5", "MO"], on);
}
