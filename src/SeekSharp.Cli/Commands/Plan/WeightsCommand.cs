using System.CommandLine;
using SeekSharp.Planning.Rules;
using SeekSharp.Planning.Units;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan weights: whether the weights of a model are controlled.</summary>
internal static class WeightsCommand
{
    private static readonly Option<double?> Operations = Required("--operations", "Operations of the training, such as 1e26", Dimension.Count, "X");
    private static readonly Option<bool> Open = CommonOptions.Flag("--open", "The weights are published");
    private static readonly Option<bool> Closed = CommonOptions.Flag("--closed", "The weights are not published");

    public static Command Create()
    {
        var command = new ExampleCommand(
            "weights",
            "Say whether the weights of a model are controlled on a day for a destination",
            "seek plan weights --operations 1e26 --closed --on 2025-03-01",
            "seek plan weights --operations 3.3e24 --open --on 2025-03-01 --to India --json")
        {
            Operations, Open, Closed, PlanOptions.On, PlanOptions.To, PlanOptions.Headquarters, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        bool isOpen = parsed.GetValue(Open);
        if (isOpen == parsed.GetValue(Closed)) throw new CommandException("Say whether the weights are published: give either --open or --closed.");
        Verdict verdict = RuleBook.JudgeWeights(parsed.GetValue(Operations)!.Value, isOpen, parsed.GetValue(PlanOptions.On), PlanOptions.Destination(parsed));
        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => VerdictJson.Write(writer, verdict));
        else VerdictTable.Write(verdict);
        return ExitCodes.Success;
    }

    private static Option<double?> Required(string name, string description, Dimension dimension, string helpName)
    {
        var option = PlanOptions.Quantity(name, description, dimension, helpName);
        option.Required = true;
        return option;
    }
}
