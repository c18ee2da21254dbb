using System.Globalization;
using SeekSharp.Planning.Rules;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>A verdict for people.</summary>
internal static class VerdictTable
{
    public static void Write(Verdict verdict)
    {
        string answer = verdict.Controlled switch
        {
            true => $"controlled under {verdict.Paragraph}",
            false => "not controlled",
            null => "cannot be told",
        };
        Console.Out.WriteLine($"{verdict.Item} on {verdict.On.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} to {verdict.To}: {answer} ({verdict.Confidence.ToString().ToLowerInvariant()} confidence)");
        if (verdict.Policy is not null && verdict.Controlled != false) Console.Out.WriteLine($"Licences: {verdict.Policy}");
        foreach (string exception in verdict.Exceptions) Console.Out.WriteLine($"Exception: {exception}");
        Console.Out.WriteLine($"Why: {verdict.Why}");
        WriteMargins(verdict);
        foreach (string note in verdict.Notes) Console.Out.WriteLine($"Note: {note}");
        Console.Out.WriteLine(Verdict.Disclaimer);
    }

    private static void WriteMargins(Verdict verdict)
    {
        List<Margin> margins = [.. verdict.Findings.Where(finding => finding.Status == RuleStatus.InForce).SelectMany(finding => finding.Margins)];
        if (margins.Count == 0) return;
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("rule", "threshold", "value", "over or under", "met");
        foreach (Margin margin in margins)
        {
            string difference = margin.Difference is { } by ? by.ToString("+#,0.##;-#,0.##;0", CultureInfo.InvariantCulture) : "";
            string[] cells =
            [
                $"{margin.Rule} {margin.Paragraph}",
                $"{margin.Measure.JsonName()} {margin.Comparison} {Number(margin.Threshold)}",
                margin.Value is { } value ? Number(value) : "unknown",
                difference,
                margin.IsMet switch { true => "yes", false => "no", null => "" },
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static string Number(double value) => value.ToString(value >= 1e15 ? "0.##e+0" : "#,0.##", CultureInfo.InvariantCulture);
}
