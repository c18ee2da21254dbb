using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Pipeline;
using SeekSharp.Planning.Rules;
using SeekSharp.Planning.Units;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>Options that several plans share.</summary>
internal static class PlanOptions
{
    public static readonly Option<DateOnly> On = new("--on")
    {
        Description = "The day whose rules count; default: today",
        HelpName = "YYYY-MM-DD",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)) return day;
            result.AddError($"--on must be a day such as 2022-11-01, not '{text}'.");
            return default;
        },
        DefaultValueFactory = _ => DateOnly.FromDateTime(DateTime.Now),
    };

    public static readonly Option<Country?> To = CountryOption("--to", "Where it goes: a country's name or code; default: China");

    public static readonly Option<Country?> Headquarters = CountryOption("--headquarters", "Where the company that gets it, or its parent, has its headquarters; default: in the country");

    public static readonly Option<string?> Chips = new("--chips") { Description = "JSON file with chips of your own", HelpName = "FILE" };

    public static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");

    /// <summary>The chips that come with the library, and those of --chips.</summary>
    public static ChipCatalog Catalog(ParseResult parsed) => parsed.GetValue(Chips) is { } path ? ChipCatalog.Load(path) : ChipCatalog.Default;

    public static Destination Destination(ParseResult parsed) => new(parsed.GetValue(To) ?? CountryList.China, parsed.GetValue(Headquarters));

    public static Option<PipelineSchedule?> Schedule(string description) => CommonOptions.Choice(
        "--schedule",
        description,
        ("1f1b", PipelineSchedule.OneForwardOneBackward),
        ("zb1p", PipelineSchedule.ZeroBubble),
        ("dualpipe", PipelineSchedule.DualPipe),
        ("dualpipev", PipelineSchedule.DualPipeV));

    /// <summary>A quantity with a unit, such as "400GB/s".</summary>
    public static Option<double?> Quantity(string name, string description, Dimension dimension, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            try
            {
                return Planning.Units.Quantity.Parse(result.Tokens[0].Value, dimension, name);
            }
            catch (PlanningException exception)
            {
                result.AddError(exception.Message);
                return null;
            }
        },
    };

    /// <summary>Names, with commas between them or in several options.</summary>
    public static Option<string[]> Names(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NAME,NAME",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
    };

    private static Option<Country?> CountryOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "COUNTRY",
        CustomParser = result =>
        {
            try
            {
                return CountryList.Find(result.Tokens[0].Value);
            }
            catch (PlanningException exception)
            {
                result.AddError(exception.Message);
                return null;
            }
        },
    };
}
