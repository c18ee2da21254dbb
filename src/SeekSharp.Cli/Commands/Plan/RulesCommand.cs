using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Rules;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan rules: the export rules by date.</summary>
internal static class RulesCommand
{
    public static Command Create()
    {
        var command = new ExampleCommand(
            "rules",
            "List the export rules with their dates, and how each stands on a day",
            "seek plan rules",
            "seek plan rules --on 2025-05-14 --json")
        {
            PlanOptions.On, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        DateOnly on = parsed.GetValue(PlanOptions.On);
        if (parsed.GetValue(PlanOptions.Json))
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("on", Day(on));
                writer.WriteString("asOf", Day(RuleBook.AsOf));
                writer.WriteStartArray("rules");
                foreach (Rule rule in RuleBook.Rules) VerdictJson.Write(writer, rule, on);
                writer.WriteEndArray();
            });
            return ExitCodes.Success;
        }

        foreach (Rule rule in RuleBook.Rules) Write(rule, on);
        Console.Out.WriteLine($"These data end on {Day(RuleBook.AsOf)}.");
        Console.Out.WriteLine(Verdict.Disclaimer);
        return ExitCodes.Success;
    }

    private static void Write(Rule rule, DateOnly on)
    {
        string status = rule.Kind == RuleKind.Event ? "" : $": {VerdictJson.Words(rule.StatusOn(on))} on {Day(on)}";
        Console.Out.WriteLine($"{rule.Title} ({rule.Citation}){status}");
        string dates = string.Join(", ", new (string Name, DateOnly? Day)[]
        {
            ("issued", rule.Issued), ("published", rule.Published), ("effective", rule.Effective), ("compliance", rule.Compliance),
            ("not enforced from", rule.NotEnforcedFrom), ("until", rule.Until),
        }.Where(date => date.Day is not null).Select(date => $"{date.Name} {Day(date.Day!.Value)}"));
        Console.Out.WriteLine($"    {dates}");
        Console.Out.WriteLine($"    {rule.Summary}");
        if (rule.Unclear is not null) Console.Out.WriteLine($"    {rule.Unclear}");
        Console.Out.WriteLine($"    Source: {rule.Source} ({rule.Confidence.ToString().ToLowerInvariant()} confidence)");
        Console.Out.WriteLine();
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
