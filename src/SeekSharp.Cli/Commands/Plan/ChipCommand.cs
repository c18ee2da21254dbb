using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Rules;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan chip: whether a chip is controlled on a day for a destination.</summary>
internal static class ChipCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Name of a chip, such as H800 or 'RTX 4090'" };

    public static Command Create()
    {
        var command = new ExampleCommand(
            "chip",
            "Say whether a chip is controlled on a day for a destination, and by how much",
            "seek plan chip H800 --on 2022-11-01",
            "seek plan chip H200 --on 2026-02-01 --to China --json",
            "seek plan chip H100 --on 2024-06-01 --to Malaysia --headquarters China")
        {
            Name, PlanOptions.On, PlanOptions.To, PlanOptions.Headquarters, PlanOptions.Chips, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Chip chip = PlanOptions.Catalog(parsed).Find(parsed.GetRequiredValue(Name));
        Verdict verdict = RuleBook.Judge(chip, parsed.GetValue(PlanOptions.On), PlanOptions.Destination(parsed));
        if (parsed.GetValue(PlanOptions.Json))
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("chip", chip.Name);
                writer.WriteString("vendor", chip.Vendor);
                ChipJson.WriteComputed(writer, chip);
                VerdictJson.Write(writer, verdict);
            });
            return ExitCodes.Success;
        }

        string density = chip.PerformanceDensity is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) : "unknown";
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{chip.Name} ({chip.Vendor}): TPP {chip.TotalProcessingPerformance:#,0}, performance density {density}"));
        VerdictTable.Write(verdict);
        return ExitCodes.Success;
    }
}
