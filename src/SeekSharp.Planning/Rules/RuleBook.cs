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
        List<RuleFinding> findings = [.. Issued(RuleKind.Control).Select(rule => RuleJudge.Judge(rule, item, on, to))];
        RuleFinding? main = findings.FirstOrDefault(finding => finding.Controls == true) ?? findings.FirstOrDefault(finding => finding.Controls is null);
        findings.AddRange(Issued(RuleKind.Policy)
            .Where(rule => findings.Any(finding => finding.Controls == true && rule.Changes.Contains(finding.Rule.Id)))
            .Select(rule => RuleJudge.Judge(rule, item, on, to)));
        RuleFinding? change = main is null ? null : findings.FirstOrDefault(finding => Changes(finding, main, on, to));
        Confidence confidence = (main ?? findings.LastOrDefault(finding => finding.Status == RuleStatus.InForce))?.Rule.Confidence ?? Confidence.High;
        return new Verdict
        {
            Item = item.Name,
            On = on,
            To = to,
            Controlled = main is null ? false : main.Controls,
            Paragraph = main?.Paragraph,
            Rule = main?.Rule,
            Policy = (change ?? main)?.Policy,
            Exceptions = main?.Exceptions ?? [],
            Why = VerdictText.Why(item, on, main, findings),
            Findings = findings,
            Notes = VerdictText.Notes(item, on, to, main, change, findings),
            Confidence = (Confidence)Math.Min((int)confidence, (int)item.Confidence),
        };

        IEnumerable<Rule> Issued(RuleKind kind) => Rules.Where(rule => rule.Kind == kind && rule.Subject == item.Subject && on >= rule.Issued);
    }

    /// <summary>Whether a change of policy is in force and fits a finding. A company of another country of group D:5 is judged by its headquarters.</summary>
    private static bool Changes(RuleFinding change, RuleFinding finding, DateOnly on, Destination to) =>
        change.Rule.Kind == RuleKind.Policy && change.Rule.Changes.Contains(finding.Rule.Id)
        && change is { Status: RuleStatus.InForce, Reaches: true, Covers: true }
        && (to.Headquarters is not { } headquarters || !headquarters.IsIn(["D:5", "MO"], on)
            || change.Rule.Scopes.Any(scope => scope.Countries.Reach(new Destination(headquarters), on)));
}
