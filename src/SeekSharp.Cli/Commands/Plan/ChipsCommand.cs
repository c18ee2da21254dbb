using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Chips;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan chips: the chips that plans are made with.</summary>
internal static class ChipsCommand
{
    public static Command Create()
    {
        var command = new ExampleCommand(
            "chips",
            "List chips: arithmetic, memory, links, what the export rules compute of them",
            "seek plan chips",
            "seek plan chips --json",
            "seek plan chips --chips mine.json")
        {
            PlanOptions.Chips, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        ChipCatalog catalog = PlanOptions.Catalog(parsed);
        if (!parsed.GetValue(PlanOptions.Json))
        {
            WriteTable(catalog.Chips);
            return ExitCodes.Success;
        }

        JsonOutput.Write(writer =>
        {
            writer.WriteStartArray("chips");
            foreach (Chip chip in catalog.Chips)
            {
                writer.WriteStartObject();
                ChipJson.Write(writer, chip);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
        return ExitCodes.Success;
    }

    private static void WriteTable(IReadOnlyList<Chip> chips)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("chip", "16-bit T", "8-bit T", "memory GB", "TB/s", "link GB/s", "die mm2", "TPP", "PD", "$/h", "W");
        foreach (Chip chip in chips)
        {
            string mark = Mark(chip.PerformanceConfidence);
            string density = chip.PerformanceDensity is { } value ? Number(value, "0.00") + Mark(Least(chip.PerformanceConfidence, chip.DieAreaMm2!.Confidence)) : "";
            table.AddRow(new[]
            {
                chip.Name,
                Text(Best(chip, NumberFormat.BFloat16, NumberFormat.Float16), 1e12, "#,0"),
                Text(Best(chip, NumberFormat.Float8, NumberFormat.Int8), 1e12, "#,0"),
                Text(chip.MemoryBytes, 1e9, "#,0"),
                Text(chip.MemoryBandwidth, 1e12, "0.00"),
                Text(chip.LinkWithinNode?.Bidirectional, 1e9, "#,0"),
                Text(chip.DieAreaMm2, 1, "#,0.#"),
                Number(chip.TotalProcessingPerformance, "#,0") + mark,
                density,
                Text(chip.PricePerHour, 1, "0.0#"),
                Text(chip.PowerWatts, 1, "#,0"),
            }.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
        Console.Out.WriteLine("Dense operations, 2 a multiply-add; links in both directions together. ~ medium, ? low confidence; '--json' has every source.");
    }

    private static Figure? Best(Chip chip, params NumberFormat[] formats) =>
        formats.Select(format => chip.Arithmetic.GetValueOrDefault(format)).OfType<Figure>().MaxBy(figure => figure.Value);

    private static Confidence Least(Confidence first, Confidence second) => first < second ? first : second;

    private static string Text(Figure? figure, double unit, string format) => figure is null ? "" : Number(figure.Value / unit, format) + Mark(figure.Confidence);

    private static string Mark(Confidence confidence) => confidence switch { Confidence.High => "", Confidence.Medium => "~", _ => "?" };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
