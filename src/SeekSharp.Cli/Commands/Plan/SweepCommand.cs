using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Charts;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Serving;
using SeekSharp.Planning.Sweeps;
using SeekSharp.Planning.Training;
using SeekSharp.Planning.Units;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan sweep: a plan again and again, with other values.</summary>
internal static class SweepCommand
{
    private static readonly Option<string> Model = new("--model", "-m") { Description = "Published model, GGUF file, Hugging Face folder or config.json", HelpName = "MODEL", DefaultValueFactory = _ => "DeepSeek-V3" };
    private static readonly Option<string> ChipName = new("--chip") { Description = "Name of a chip ('seek plan chips')", HelpName = "NAME", DefaultValueFactory = _ => "H800" };
    private static readonly Option<string[]> Against = new("--against") { Description = "One more series: the same with another chip", HelpName = "CHIP" };

    private static readonly Option<string[]> Axes = new("--sweep")
    {
        Description = "A parameter and its values: a range, or values with commas between them", HelpName = "NAME=FROM..TO", Required = true,
    };

    private static readonly Option<string[]> Set = new("--set") { Description = "A parameter with one value for all points", HelpName = "NAME=VALUE" };
    private static readonly Option<int> Steps = CommonOptions.Integer("--steps", "Values of a range", 2, 100_000, 16);
    private static readonly Option<bool> Log = CommonOptions.Flag("--log", "Neighbours of a range have the same ratio, not the same difference");
    private static readonly Option<string[]> With = PlanOptions.Names("--with", "One more series each: with this technique; '+' between several for one series");
    private static readonly Option<string[]> Without = PlanOptions.Names("--without", "One more series each: without this technique; '+' between several for one series");
    private static readonly Option<bool> Csv = CommonOptions.Flag("--csv", "Print comma-separated values");
    private static readonly Option<string?> Out = new("--out") { Description = "Draw a picture instead", HelpName = "FILE.png|FILE.svg" };
    private static readonly Option<string?> Title = new("--title") { Description = "Title of the picture", HelpName = "TEXT" };

    public static Command Create() => new ExampleCommand(
        "sweep",
        "Change parameters of a plan and compare techniques: a table, JSON, CSV or a picture",
        "seek plan sweep train --sweep link.inter=5..100GB/s --without overlap,node-limit,fp8-dispatch",
        "seek plan sweep serve --sweep speed=10..60 --metric cost.output --json")
    {
        Kind("train", "Sweep a training run; default: DeepSeek-V3 on 2,048 H800", TrainingSweep.Parameters, TrainingSweep.Techniques, TrainingSweep.Metrics, Training, (run, chip) => run with { Chip = chip },
            "seek plan sweep train --sweep link.inter=2..100GB/s --log --without overlap,node-limit,fp8-dispatch --against H100 --out links.png",
            "seek plan sweep train --set islands=2 --sweep link.islands=0.01..100GB/s --log --with diloco,streaming-diloco",
            "seek plan sweep train --sweep link.inter=10,25,50GB/s --sweep pp=8,16 --metric hours --csv"),
        Kind("serve", "Sweep a service; default: DeepSeek's own of February 2025", ServingSweep.Parameters, ServingSweep.Techniques, ServingSweep.Metrics, Serving, (service, chip) => service with { Chip = chip },
            "seek plan sweep serve --sweep link.inter=10..100GB/s --without overlap,fp8-dispatch --with mtp",
            "seek plan sweep serve --sweep speed=10..60 --metric cost.output --json"),
    };

    private static ExampleCommand Kind<TScenario>(
        string name, string description, IReadOnlyList<SweepParameter<TScenario>> parameters, IReadOnlyList<Technique<TScenario>> techniques, IReadOnlyList<SweepMetric<TScenario>> metrics,
        Func<ParseResult, TScenario> start, Func<TScenario, Chip, TScenario> withChip, params string[] examples)
    {
        Option<string> metric = new("--metric")
        {
            Description = $"What is looked at: {string.Join(", ", metrics.Select(candidate => candidate.Name))}", HelpName = "NAME", DefaultValueFactory = _ => metrics[0].Name,
        };
        var command = new ExampleCommand(name, $"{description}. Parameters: {string.Join(", ", parameters.Select(parameter => parameter.Name))}; techniques: {string.Join(", ", techniques.Select(technique => technique.Name))}", examples)
        {
            Model, ChipName, Axes, Set, Steps, Log, With, Without, Against, metric, Csv, Out, Title, PlanOptions.Chips, PlanOptions.Json,
        };
        command.SetAction(parsed =>
        {
            TScenario scenario = start(parsed);
            foreach (string text in parsed.GetValue(Set) ?? [])
            {
                if (Sweep.ParseAxis(text, parameters, 2, false) is not { Values: [var value] } fixedAxis) throw new CommandException($"--set takes one value, not '{text}'.");
                scenario = fixedAxis.Parameter.Set(scenario, value);
            }

            SweepAxis<TScenario>[] axes = [.. parsed.GetRequiredValue(Axes).Select(text => Sweep.ParseAxis(text, parameters, parsed.GetValue(Steps), parsed.GetValue(Log)))];
            var chips = PlanOptions.Catalog(parsed);
            List<SweepSeries<TScenario>> series = [new("as it is", same => same)];
            series.AddRange((parsed.GetValue(With) ?? []).Select(names => Sweep.Series(names, techniques, true)));
            series.AddRange((parsed.GetValue(Without) ?? []).Select(names => Sweep.Series(names, techniques, false)));
            series.AddRange((parsed.GetValue(Against) ?? []).Select(chips.Find).Select(chip => new SweepSeries<TScenario>(chip.Name, same => withChip(same, chip))));
            Write(parsed, Sweep.Run(scenario, axes, series, Sweep.Find(parsed.GetRequiredValue(metric), metrics, candidate => candidate.Name, "metric")));
            return ExitCodes.Success;
        });
        return command;
    }

    private static TrainingScenario Training(ParseResult parsed) => PublishedRuns.DeepSeekV3 with { Model = ModelCatalog.Find(parsed.GetRequiredValue(Model)), Chip = FindChip(parsed) };

    private static ServingScenario Serving(ParseResult parsed)
    {
        ModelShape model = ModelCatalog.Find(parsed.GetRequiredValue(Model));
        ServingScenario usual = ServingScenario.DaySix with { Model = model, Chip = FindChip(parsed), Nodes = null };
        return model.MixtureLayers > 0 ? usual : usual with { Prefill = new ServingUnit(1, 0), Decode = new ServingUnit(1, 0) };
    }

    private static Chip FindChip(ParseResult parsed) => PlanOptions.Catalog(parsed).Find(parsed.GetRequiredValue(ChipName));

    private static void Write(ParseResult parsed, SweepTable table)
    {
        if (parsed.GetValue(Out) is { } path)
        {
            SweepChart.Save(table, path, parsed.GetValue(Title) ?? $"{table.Metric}: {table.Parameters[0].Name}", parsed.GetValue(Log));
            if (!parsed.GetValue(PlanOptions.Json) && !parsed.GetValue(Csv)) return;
        }

        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => SweepWriter.WriteJson(writer, table));
        else if (parsed.GetValue(Csv)) Console.Out.Write(SweepWriter.Csv(table));
        else WriteTable(table);
    }

    private static void WriteTable(SweepTable table)
    {
        var view = new Table { Border = TableBorder.Markdown };
        view.AddColumns([.. table.Parameters.Select(parameter => parameter.Name), .. table.Series]);
        foreach (SweepPoint point in table.Points)
        {
            IEnumerable<string> values = point.Values.Select((value, i) => Quantity.Format(Rounded(value), table.Parameters[i].Dimension));
            view.AddRow(values.Concat(point.Results.Select(Cell)).Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        Console.Out.WriteLine(table.Metric);
        AnsiConsole.Write(view);
        if (table.Problem is not null) Console.Out.WriteLine($"- cannot be planned. The first: {table.Problem}");
    }

    private static string Cell(double? result) => result is not { } value ? "-" : value.ToString(Math.Abs(value) >= 100 ? "#,0" : "0.###", CultureInfo.InvariantCulture);

    /// <summary>Four digits are enough to read.</summary>
    private static double Rounded(double value) => value == 0 ? 0 : double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
