using System.CommandLine;
using System.Globalization;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Serving;
using SeekSharp.Planning.Sweeps;
using SeekSharp.Planning.Units;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan serve: what a service takes and earns.</summary>
internal static class ServingCommand
{
    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Published model (DeepSeek-V3, V2, ...), GGUF file, Hugging Face folder or config.json", HelpName = "MODEL", DefaultValueFactory = _ => "DeepSeek-V3",
    };

    private static readonly Option<string> ChipName = new("--chip") { Description = "Name of a chip ('seek plan chips')", HelpName = "NAME", DefaultValueFactory = _ => "H800" };
    private static readonly Option<double?> Nodes = PlanOptions.Quantity("--nodes", "Nodes that are paid for; default: what the load needs, 226.75 for the day of DeepSeek's report", Dimension.Count, "N");
    private static readonly Option<ServingUnit?> Prefill = Unit("--prefill-experts", "Chips of a prefill unit and redundant experts of a layer; default: 32/32");
    private static readonly Option<ServingUnit?> Decode = Unit("--decode-experts", "Chips of a decode unit and redundant experts of a layer; default: 144/32");
    private static readonly Option<double?> Input = PlanOptions.Quantity("--input", "Tokens of prompts in a day, cache hits included; default: 608B", Dimension.Count, "N");
    private static readonly Option<double?> Output = PlanOptions.Quantity("--output", "Tokens of replies in a day; default: 168B", Dimension.Count, "N");
    private static readonly Option<double?> Hits = PlanOptions.Quantity("--hits", "Share of prompts' tokens found in the cache; default: 0.5625", Dimension.Count, "SHARE");
    private static readonly Option<double?> Context = PlanOptions.Quantity("--context", "Tokens in the cache of a request, on average; default: 4989", Dimension.Count, "N");
    private static readonly Option<double?> Speed = PlanOptions.Quantity("--speed", "Tokens a second that a user gets; default: 21", Dimension.Count, "N");
    private static readonly Option<double?> Batch = PlanOptions.Quantity("--batch", "Requests that a chip decodes at once; default: what memory and --speed allow", Dimension.Count, "N");
    private static readonly Option<double?> Price = PlanOptions.Quantity("--price", "Price of a chip; default: the chip's", Dimension.DollarsPerHour, "PRICE");
    private static readonly Option<double?> PriceHit = PlanOptions.Quantity("--price-hit", "Price of a million tokens found in the cache; default: $0.14", Dimension.Dollars, "PRICE");
    private static readonly Option<double?> PriceInput = PlanOptions.Quantity("--price-input", "Price of a million other tokens of prompts; default: $0.55", Dimension.Dollars, "PRICE");
    private static readonly Option<double?> PriceOutput = PlanOptions.Quantity("--price-output", "Price of a million tokens of replies; default: $2.19", Dimension.Dollars, "PRICE");
    private static readonly Option<double?> Within = PlanOptions.Quantity("--link-within", "Link within a node, one direction; default: the chip's", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<double?> Between = PlanOptions.Quantity("--link-between", "Link between nodes per chip, one direction; default: the chip's", Dimension.BytesPerSecond, "RATE");
    private static readonly Option<int> Node = CommonOptions.Integer("--node", "Chips of a node; default: the chip's", 1, 4096);
    private static readonly Option<double?> PrefillRate = PlanOptions.Quantity("--prefill-rate", "Tokens a second that a prefill node was measured at, cache hits included", Dimension.Count, "N");
    private static readonly Option<double?> DecodeRate = PlanOptions.Quantity("--decode-rate", "Tokens a second that a decode node was measured at", Dimension.Count, "N");
    private static readonly Option<string[]> With = PlanOptions.Names("--with", "Turn techniques on: mtp");
    private static readonly Option<string[]> Without = PlanOptions.Names("--without", $"Turn techniques off: {string.Join(", ", ServingSweep.Techniques.Select(technique => technique.Name))}");

    private static readonly Option[] OfAnotherService = [Model, ChipName, Prefill, Decode, Input, Output, Hits, Context, Speed, Batch, Within, Between, Node, With, Without, PrefillRate, DecodeRate];

    public static Command Create()
    {
        var command = new ExampleCommand(
            "serve",
            "Plan a service: throughput of prefill and decode, nodes, cost and margin; default: DeepSeek's own of February 2025",
            "seek plan serve",
            "seek plan serve --chip H20 --speed 30",
            "seek plan serve --prefill-rate 73.7k --decode-rate 14.8k --json")
        {
            Model, ChipName, Nodes, Prefill, Decode, Input, Output, Hits, Context, Speed, Batch, Price, PriceHit, PriceInput, PriceOutput, Within, Between, Node,
            PrefillRate, DecodeRate, With, Without, PlanOptions.Chips, PlanOptions.Json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        ServingPlan plan = ServingPlan.Evaluate(Scenario(parsed));
        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => ServingJson.Write(writer, plan));
        else WriteTable(plan);
        return ExitCodes.Success;
    }

    private static ServingScenario Scenario(ParseResult parsed)
    {
        ServingScenario usual = ServingScenario.DaySix;
        bool isAnother = OfAnotherService.Any(option => parsed.GetResult(option) is { Implicit: false });
        ModelShape model = ModelCatalog.Find(parsed.GetRequiredValue(Model));
        ServingUnit? single = model.MixtureLayers == 0 ? new ServingUnit(1, 0) : null;
        ServingScenario scenario = usual with
        {
            Model = model,
            Chip = PlanOptions.Catalog(parsed).Find(parsed.GetRequiredValue(ChipName)),
            Prefill = parsed.GetValue(Prefill) ?? single ?? usual.Prefill,
            Decode = parsed.GetValue(Decode) ?? single ?? usual.Decode,
            Load = usual.Load with
            {
                InputTokensPerDay = parsed.GetValue(Input) ?? usual.Load.InputTokensPerDay,
                OutputTokensPerDay = parsed.GetValue(Output) ?? usual.Load.OutputTokensPerDay,
                CacheHitShare = parsed.GetValue(Hits) ?? usual.Load.CacheHitShare,
                ContextTokens = parsed.GetValue(Context) ?? usual.Load.ContextTokens,
                TokensPerSecondPerUser = parsed.GetValue(Speed) ?? usual.Load.TokensPerSecondPerUser,
            },
            Prices = new ServingPrices(
                parsed.GetValue(PriceHit) ?? usual.Prices.CachedInput, parsed.GetValue(PriceInput) ?? usual.Prices.Input, parsed.GetValue(PriceOutput) ?? usual.Prices.Output),
            Nodes = parsed.GetValue(Nodes) ?? (isAnother ? null : usual.Nodes),
            Batch = parsed.GetValue(Batch),
            PricePerHour = parsed.GetValue(Price),
            LinkWithinNode = parsed.GetValue(Within),
            LinkBetweenNodes = parsed.GetValue(Between),
            DevicesPerNode = parsed.GetResult(Node) is { Implicit: false } ? parsed.GetValue(Node) : null,
            PrefillNodeTokensPerSecond = parsed.GetValue(PrefillRate),
            DecodeNodeTokensPerSecond = parsed.GetValue(DecodeRate),
        };
        foreach (string name in parsed.GetValue(With) ?? []) scenario = Sweep.Series(name, ServingSweep.Techniques, true).Change(scenario);
        foreach (string name in parsed.GetValue(Without) ?? []) scenario = Sweep.Series(name, ServingSweep.Techniques, false).Change(scenario);
        return scenario;
    }

    private static void WriteTable(ServingPlan plan)
    {
        ServingScenario scenario = plan.Scenario;
        PrefillEstimate prefill = plan.Prefill;
        DecodeEstimate decode = plan.Decode;
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("", "prefill", "decode");
        Row("unit", Describe(scenario, scenario.Prefill), Describe(scenario, scenario.Decode));
        Row("a chip", $"{Number(prefill.TokensPerSecond, "#,0")} computed tokens/s when busy", $"{Number(decode.Batch, "#,0.#")} requests at once ({Limit(decode)}), {Number(decode.StepSeconds * 1000, "0.0")} ms a step");
        Row("compute", $"{Number((prefill.Matrices + prefill.Attention + prefill.Elementwise) * 1e6, "0.0")} us a token", $"{Number(decode.ComputeSeconds * 1000, "0.0")} ms a step");
        Row("traffic", $"{Number(Math.Max(prefill.TrafficWithin, prefill.TrafficBetween) * 1e6, "0.0")} us a token", $"{Number(decode.TrafficSeconds * 1000, "0.0")} ms a step");
        Row("a node over the day", $"{Number(plan.PrefillNodeTokensPerSecond, "#,0")} tokens/s, cache hits included", $"{Number(plan.DecodeNodeTokensPerSecond, "#,0")} tokens/s, {Number(decode.UserTokensPerSecond, "0.0")} for a user");
        Row("nodes needed", Number(plan.PrefillNodes, "#,0.0"), Number(plan.DecodeNodes, "#,0.0"));
        Row("chips per million tokens", Money(plan.CostPerMillionInput, "0.000"), Money(plan.CostPerMillionOutput, "0.000"));
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        Console.Out.WriteLine($"{scenario.Model.Name} on {scenario.Chip.Name}, {plan.DevicesPerNode} chips a node, {Number(scenario.Load.CacheHitShare * 100, "0.0")}% cache hits");
        AnsiConsole.Write(table);
        Console.Out.WriteLine($"nodes paid for: {Number(plan.NodesPaid, "#,0.##")} at {Money(plan.PricePerHour, "0.##")} an hour and chip; needed: {Number(plan.NodesNeeded, "#,0.0")}");
        Console.Out.WriteLine($"a day: cost {Money(plan.CostPerDay, "#,0")}, revenue {Money(plan.RevenuePerDay, "#,0")}, margin {(plan.Margin is { } margin ? Number(margin * 100, "#,0") + "%" : "unknown")}");
        Console.Out.WriteLine();
        Console.Out.WriteLine("Assumed. No value is fitted to a service; which effects are reckoned with was decided with the published throughput in view (docs/planning.md):");
        foreach (var assumption in scenario.Calibration.Assumptions) Console.Out.WriteLine($"  {assumption.Name} {Number(assumption.Value, "0.#########")}: {assumption.Meaning}");

        void Row(params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));
    }

    private static string Describe(ServingScenario scenario, ServingUnit unit) => scenario.Model.MixtureLayers == 0
        ? "1 chip" : $"{unit.ExpertParallel} chips, {Number(ServingWeights.ExpertsPerDevice(scenario.Model, unit), "0.##")} routed experts each";

    private static string Limit(DecodeEstimate decode) => decode.Limit switch { BatchLimit.Given => "given", BatchLimit.Latency => "speed binds", _ => "memory binds" };

    private static string Money(double? value, string format) => value is { } known ? "$" + Number(known, format) : "unknown";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static Option<ServingUnit?> Unit(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "CHIPS/REDUNDANT",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            string[] parts = text.Split('/');
            if (parts.Length <= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int chips)
                && int.TryParse(parts.Length == 2 ? parts[1] : "0", NumberStyles.None, CultureInfo.InvariantCulture, out int redundant))
                return new ServingUnit(chips, redundant);
            result.AddError($"{name} must be a number of chips and one of redundant experts, such as 144/32, not '{text}'.");
            return null;
        },
    };
}
