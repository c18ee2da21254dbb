using System.Globalization;
using SeekSharp.Planning.Training;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>A plan of training for people.</summary>
internal static class TrainingTables
{
    private static readonly Dictionary<string, string> PartNames = new()
    {
        ["fp8Matrices"] = "matrix products, FP8", ["bf16Matrices"] = "matrix products, BF16", ["attention"] = "attention", ["elementwise"] = "operations on elements",
        ["stageImbalance"] = "uneven stages", ["communicationProcessors"] = "processors that move tokens", ["exposedCommunication"] = "traffic that nothing hides",
        ["bubble"] = "pipeline bubbles", ["gradients"] = "gradients", ["optimizer"] = "optimizer", ["islands"] = "synchronisation of islands",
    };

    public static void Write(TrainingPlan plan, LayoutSearchResult? search)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        TrainingScenario scenario = plan.Scenario;
        Line($"{scenario.Model.Name} on {scenario.Devices:N0} {scenario.Chip.Name}, {scenario.Tokens / 1e12:0.###}T tokens: {scenario.Layout}");
        if (search is not null) Line($"The fastest of {search.Fitting:N0} layouts that fit, of {search.Tried:N0}.");
        Line($"Time: {plan.Days:#,0.0} days, {plan.DeviceHours / 1000:#,0.#}K chip hours ({plan.DeviceHoursPerTrillionTokens / 1000:#,0.#}K and {plan.DaysPerTrillionTokens:0.00} days a trillion tokens), {plan.Steps:N0} steps of {plan.Step.Total:0.00} s");
        Line($"Cost: {(plan.Cost is { } cost ? $"${cost / 1e6:#,0.000}M at ${plan.PricePerHour:0.##} an hour" : "unknown, give --price")}; energy: {(plan.KilowattHours is { } energy ? $"{energy / 1e6:#,0.00} GWh" : "unknown")}");
        Line($"Speed: {plan.TokensPerSecond:#,0} tokens/s, {plan.Utilization:P1} of the BF16 peak");
        Console.Out.WriteLine(plan.Binding);
        WriteStep(plan);
        WriteMemory(plan);
        Line($"Shares of the chip's rates ({scenario.Calibration.Name}):");
        foreach (Assumption assumption in scenario.Calibration.Assumptions)
            Line($"  {assumption.Value:0.000}  {(assumption.IsFitted ? "fitted: " : "")}{assumption.Meaning}");
    }

    private static void WriteStep(TrainingPlan plan)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("a step is spent on", "s", "%");
        foreach (var (name, seconds) in plan.Step.Parts.Where(part => part.Seconds > 0).OrderByDescending(part => part.Seconds))
            AddRow(table, PartNames[name], Number(seconds, "0.000"), Number(100 * seconds / plan.Step.Total, "0.0"));
        AnsiConsole.Write(table);
    }

    private static void WriteMemory(TrainingPlan plan)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("memory of a chip", "GB");
        AddRow(table, "weights", Gigabytes(plan.Memory.Weights));
        AddRow(table, "gradients", Gigabytes(plan.Memory.Gradients));
        AddRow(table, "optimizer states", Gigabytes(plan.Memory.Optimizer));
        AddRow(table, "activations", Gigabytes(plan.Memory.Activations));
        AddRow(table, "together", $"{Gigabytes(plan.Memory.Total)} of {Gigabytes(plan.UsableMemory)}");
        AnsiConsole.Write(table);
    }

    private static void AddRow(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    private static string Gigabytes(double bytes) => Number(bytes / 1e9, "#,0.0");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Line(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
