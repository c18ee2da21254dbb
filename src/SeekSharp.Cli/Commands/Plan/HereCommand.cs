using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Planning.Machine;
using Spectre.Console;

namespace SeekSharp.Cli.Commands.Plan;

/// <summary>seek plan here: what this machine should reach with a model, and with --check what it reaches.</summary>
internal static class HereCommand
{
    private static readonly Argument<string> Model = new("MODEL") { Description = "GGUF file, Hugging Face folder, or name of a pulled model; it is not loaded but for --check" };
    private static readonly Option<int> Prompt = CommonOptions.Integer("--prompt", "Tokens of the prompt", 1, 1 << 20, 512, "-p");
    private static readonly Option<int> Decode = CommonOptions.Integer("--decode", "Tokens to decode one by one", 1, 1 << 20, 64, "-n");
    private static readonly Option<int> Depth = CommonOptions.Integer("--depth", "Tokens in the context before both", 0, 1 << 20, 0);
    private static readonly Option<bool> Check = CommonOptions.Flag("--check", "Load the model, measure as 'seek bench' does, and compare");
    private static readonly Option<int> Repetitions = CommonOptions.Integer("--repetitions", "Measurements of each with --check", 1, 1000, 3, "-r");
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<KernelLevel?> Level = CommonOptions.Level();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "here",
            "Predict the speed of a model on this machine from measured bandwidth and arithmetic",
            "seek plan here model.gguf",
            "seek plan here model.gguf --check",
            "seek plan here model.gguf -p 2048 -n 64 --depth 4096 --json")
        {
            Model, Prompt, Decode, Depth, Check, Repetitions, Cache, Level, Threads, PlanOptions.Json, CommonOptions.NoCache,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(Model);
        var options = new MachineOptions
        {
            Threads = parsed.GetValue(Threads),
            KernelLevel = parsed.GetValue(Level),
            CacheType = parsed.GetValue(Cache) ?? CacheType.F16,
            Prompt = parsed.GetValue(Prompt),
            Decode = parsed.GetValue(Decode),
            Depth = parsed.GetValue(Depth),
        };
        using ModelFile file = Models.Open(path);
        MachinePrediction prediction;
        using (var planner = new MachinePlanner(options)) prediction = planner.Predict(file);
        Timing[]? timings = parsed.GetValue(Check) ? Measure(path, file, options, prediction.Threads, parsed.GetValue(Repetitions)) : null;
        if (parsed.GetValue(PlanOptions.Json)) JsonOutput.Write(writer => WriteJson(writer, path, prediction, options, timings));
        else WriteTable(prediction, options, timings);
        return ExitCodes.Success;
    }

    /// <summary>Prefill and decode, as seek bench measures them.</summary>
    private static Timing[] Measure(string path, ModelFile file, MachineOptions options, int threads, int repetitions)
    {
        BenchmarkTest[] tests = [new("prefill", options.Prompt, 1, options.Depth), new("decode", options.Decode, 1, options.Depth)];
        using var model = Models.Load(path, threads);
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = threads,
            KernelLevel = options.KernelLevel,
            CacheType = options.CacheType,
            CacheTokens = tests.Max(test => test.CacheTokens),
        });
        return [.. new Benchmark(engine, new StepTraffic(file), options.CacheType, repetitions).Run(tests, options.Depth)];
    }

    private static void WriteTable(MachinePrediction prediction, MachineOptions options, Timing[]? timings)
    {
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"This machine, {prediction.Threads} threads, {prediction.Level} kernels: memory {prediction.MemoryBandwidth / 1e9:F1} GB/s, products of integers {prediction.IntegerMultiplyAdds / 1e9:F0} and of floats {prediction.FloatMultiplyAdds / 1e9:F0} billion multiply-adds a second"));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"The model, per token: {prediction.BytesPerToken / 1e9:F3} GB of weights, {prediction.MultiplyAddsPerToken / 1e9:F2} billion multiply-adds, {prediction.CacheBytesPerToken / 1e6:F2} MB of cache; memory alone allows {prediction.DecodeCeiling:F1} tokens/s"));
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("test", "predicted tokens/s", "products", "experts", "head", "attention");
        if (timings is not null) table.AddColumns("measured tokens/s", "predicted / measured");
        AddRow(table, $"prefill {options.Prompt}", options.Depth, prediction.PrefillTokensPerSecond, prediction.Prefill, timings?[0]);
        AddRow(table, $"decode {options.Decode}", options.Depth, prediction.DecodeTokensPerSecond, prediction.Decode, timings?[1]);
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static void AddRow(Table table, string name, int depth, double predicted, TimeShare time, Timing? timing)
    {
        List<string> cells =
        [
            depth > 0 ? $"{name} at {depth}" : name, Number(predicted, "F2"),
            Share(time.Common), Share(time.Experts), Share(time.Output), Share(time.Attention),
        ];
        if (timing is not null) cells.AddRange([Number(timing.TokensPerSecond, "F2"), Number(predicted / timing.TokensPerSecond, "F2")]);
        table.AddRow(cells.Select(cell => new Text(cell)));

        string Share(double seconds) => Number(100 * seconds / time.Total, "F0") + "%";
    }

    private static void WriteJson(Utf8JsonWriter writer, string path, MachinePrediction prediction, MachineOptions options, Timing[]? timings)
    {
        writer.WriteString("model", path);
        writer.WriteNumber("threads", prediction.Threads);
        writer.WriteString("level", prediction.Level.ToString().ToLowerInvariant());
        writer.WriteNumber("memoryBytesPerSecond", prediction.MemoryBandwidth);
        writer.WriteNumber("integerMultiplyAddsPerSecond", prediction.IntegerMultiplyAdds);
        writer.WriteNumber("floatMultiplyAddsPerSecond", prediction.FloatMultiplyAdds);
        writer.WriteNumber("weightBytesPerToken", prediction.BytesPerToken);
        writer.WriteNumber("cacheBytesPerToken", prediction.CacheBytesPerToken);
        writer.WriteNumber("multiplyAddsPerToken", prediction.MultiplyAddsPerToken);
        writer.WriteNumber("decodeCeilingTokensPerSecond", prediction.DecodeCeiling);
        WriteTest(writer, "prefill", options.Prompt, options.Depth, prediction.PrefillTokensPerSecond, prediction.Prefill, timings?[0]);
        WriteTest(writer, "decode", options.Decode, options.Depth, prediction.DecodeTokensPerSecond, prediction.Decode, timings?[1]);
    }

    private static void WriteTest(Utf8JsonWriter writer, string name, int tokens, int depth, double predicted, TimeShare time, Timing? timing)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("tokens", tokens);
        writer.WriteNumber("depth", depth);
        writer.WriteNumber("predictedTokensPerSecond", predicted);
        writer.WriteStartObject("seconds");
        writer.WriteNumber("products", time.Common);
        writer.WriteNumber("experts", time.Experts);
        writer.WriteNumber("head", time.Output);
        writer.WriteNumber("attention", time.Attention);
        writer.WriteEndObject();
        if (timing is not null)
        {
            writer.WriteNumber("measuredTokensPerSecond", timing.TokensPerSecond);
            writer.WriteNumber("ratio", predicted / timing.TokensPerSecond);
        }

        writer.WriteEndObject();
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
