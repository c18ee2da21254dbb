using System.CommandLine;
using SeekSharp.Planning.Rules;
using SeekSharp.Planning.Units;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan memory: whether high-bandwidth memory is controlled.</summary>
internal static class MemoryCommand
{
    private static readonly Option<double?> Bandwidth = PlanOptions.Quantity("--bandwidth", "What a stack or package gives, such as 819GB/s", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<double?> Area = PlanOptions.Quantity("--area", "Area of the stack or package, such as 110mm2", Dimension.SquareMillimetres, "AREA");

    public static Command Create()
    {
        Bandwidth.Required = Area.Required = true;
        var command = new ExampleCommand(
            "memory",
            "Say whether memory without a processor is controlled on a day for a destination",
            "seek plan memory --bandwidth 819GB/s --area 110mm2 --on 2024-12-02")
        {
            Bandwidth, Area, PlanOptions.On, PlanOptions.To, PlanOptions.Headquarters, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Verdict verdict = RuleBook.JudgeMemory(
            parsed.GetValue(Bandwidth)!.Value, parsed.GetValue(Area)!.Value, parsed.GetValue(PlanOptions.On), PlanOptions.Destination(parsed));
        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => VerdictJson.Write(writer, verdict));
        else VerdictTable.Write(verdict);
        return ExitCodes.Success;
    }
}
