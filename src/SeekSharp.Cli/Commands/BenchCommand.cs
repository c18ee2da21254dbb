using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek bench: tokens per second of prefill and decode.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<int> Prefill = CommonOptions.Integer("--prompt", "Tokens to prefill in one call; 0: none", 0, 1 << 20, 512, "-p");
    private static readonly Option<int> Decode = CommonOptions.Integer("--decode", "Tokens to decode one by one; 0: none", 0, 1 << 20, 64, "-n");
    private static readonly Option<int> Depth = CommonOptions.Integer("--depth", "Tokens in the context before prefill and decode", 0, 1 << 20, 0);
    private static readonly Option<int> Repetitions = CommonOptions.Integer("--repetitions", "Measurements of each, after a warm-up of at least a second", 1, 1000, 3, "-r");
    private static readonly Option<MeasuredDrafts?> Speculate = CommonOptions.Choice(
        "--speculate", "Measure speculative decoding of -n tokens instead, with drafts replayed from a recorded reply, from n-grams or from the prediction module",
        ("replay", MeasuredDrafts.Replay), ("ngram", MeasuredDrafts.NGram), ("mtp", MeasuredDrafts.Prediction));

    private static readonly Option<float> Acceptance = CommonOptions.Real("--acceptance", "Share of the replayed drafts that are right", 0, 1, 1);
    private static readonly Option<int> Draft = CommonOptions.Integer("--draft", "Drafts of every step; default: as many as pay", 1, SpeculationOptions.MostDrafts);
    private static readonly Option<string?> Text = new("--text") { Description = "File whose text stands in front of the reply that is speculated on", HelpName = "FILE" };
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<KernelLevel?> Level = CommonOptions.Level();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "bench",
            "Measure prefill and decode",
            "seek bench -m model.gguf -p 512 -n 64 -t 2",
            "seek bench -m model.gguf -p 0 -n 64 --depth 4096 -r 5 --json",
            "seek bench -m model.gguf -n 128 --speculate replay --acceptance 0.7")
        {
            Model, Prefill, Decode, Depth, Repetitions, Speculate, Acceptance, Draft, Text, Json, Cache, Level, Threads,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(Model);
        int prefill = parsed.GetValue(Prefill), decode = parsed.GetValue(Decode), depth = parsed.GetValue(Depth);
        if (prefill == 0 && decode == 0) throw new CommandException("Nothing to measure: give -p or -n above 0.");
        int threads = parsed.GetValue(Threads) is > 0 and var asked ? asked : Environment.ProcessorCount;
        var loading = Stopwatch.StartNew();
        using var model = Models.Load(path, threads, predicts: parsed.GetValue(Speculate) == MeasuredDrafts.Prediction);
        double loadSeconds = loading.Elapsed.TotalSeconds;
        if (parsed.GetValue(Speculate) is { } drafts) return MeasureSpeculation(parsed, model, drafts, decode, threads);
        int context = depth + Math.Max(prefill, decode);
        if (context > model.Config.ContextLength)
            throw new CommandException($"{context} tokens are more than the model was made for ({model.Config.ContextLength}); lower -p, -n or --depth.");
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = threads,
            KernelLevel = parsed.GetValue(Level),
            CacheType = cache,
            CacheTokens = context,
        });
        var benchmark = new Benchmark(engine, model.Config.VocabularySize, depth);
        Report report = new(
            path,
            model.Config.Name,
            model.Config.VocabularySize,
            threads,
            cache,
            engine.KernelLevel,
            loadSeconds,
            model.WeightBytes,
            engine.CacheBytes,
            depth,
            benchmark.Prefill(prefill, parsed.GetValue(Repetitions)),
            benchmark.Decode(decode, parsed.GetValue(Repetitions)));
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, report));
        else WriteTable(report);
        return ExitCodes.Success;
    }

    private static int MeasureSpeculation(ParseResult parsed, LanguageModel model, MeasuredDrafts drafts, int count, int threads)
    {
        if (count < 2) throw new CommandException("Speculation needs tokens to decode: give -n of at least 2.");
        int vocabulary = model.Config.VocabularySize;
        int[] prompt = parsed.GetValue(Text) is { } file
            ? [.. model.Tokenizer.Encode(File.ReadAllText(file))]
            : [.. Enumerable.Range(0, Math.Max(parsed.GetValue(Depth), 1)).Select(i => (int)((i * 37L + 11) % vocabulary))];
        if (prompt.Length + count > model.Config.ContextLength)
            throw new CommandException($"{prompt.Length} tokens and a reply of {count} are more than the model was made for ({model.Config.ContextLength}).");
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = threads,
            KernelLevel = parsed.GetValue(Level),
            CacheType = parsed.GetValue(Cache) ?? CacheType.F16,
            CacheTokens = prompt.Length + count + 64,
        });
        using var source = Models.Open(parsed.GetRequiredValue(Model));
        var benchmark = new SpeculationBenchmark(engine, source, prompt, count);
        int repetitions = parsed.GetValue(Repetitions);
        var pairs = benchmark.MeasurePairsAsync(drafts, parsed.GetValue(Acceptance), parsed.GetValue(Draft), repetitions).GetAwaiter().GetResult();
        var steps = benchmark.MeasureStepsAsync(repetitions).GetAwaiter().GetResult();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => SpeculationBenchmark.WriteJson(writer, pairs, steps, count));
        else SpeculationBenchmark.WriteTable(pairs, steps, count);
        return ExitCodes.Success;
    }

    private static void WriteTable(Report report)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("test", "tokens/s (median)", "lowest", "highest");
        foreach (var (name, timing) in new[] { ("prefill", report.Prefill), ("decode", report.Decode) })
        {
            if (timing.Tokens == 0) continue;
            string depth = report.Depth > 0 ? $" at {report.Depth}" : "";
            table.AddRow($"{name} {timing.Tokens}{depth}", Speed(timing.TokensPerSecond), Speed(timing.Lowest), Speed(timing.Highest));
        }

        AnsiConsole.Write(table);
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{report.Threads} threads, {report.Level} kernels, {report.Cache} cache, loaded in {report.LoadSeconds:F2} s, peak memory {Bytes.Describe(PeakMemory())} (weights {Bytes.Describe(report.WeightBytes)}, cache {Bytes.Describe(report.CacheBytes)})"));
    }

    private static string Speed(double value) => FormattableString.Invariant($"{value:F2}");

    private static void WriteJson(Utf8JsonWriter writer, Report report)
    {
        writer.WriteString("model", report.Path);
        writer.WriteString("name", report.Name);
        writer.WriteNumber("vocabulary", report.VocabularySize);
        writer.WriteNumber("threads", report.Threads);
        writer.WriteString("kv", report.Cache == CacheType.F32 ? "f32" : "f16");
        writer.WriteString("level", report.Level.ToString().ToLowerInvariant());
        writer.WriteNumber("load_seconds", report.LoadSeconds);
        writer.WriteNumber("peak_memory_bytes", PeakMemory());
        writer.WriteNumber("weight_bytes", report.WeightBytes);
        writer.WriteNumber("cache_bytes", report.CacheBytes);
        writer.WriteNumber("depth", report.Depth);
        WriteTiming(writer, "prefill", report.Prefill);
        WriteTiming(writer, "decode", report.Decode);
    }

    private static void WriteTiming(Utf8JsonWriter writer, string name, Timing timing)
    {
        if (timing.Tokens == 0) return;
        writer.WriteStartObject(name);
        writer.WriteNumber("tokens", timing.Tokens);
        writer.WriteNumber("tokens_per_second", timing.TokensPerSecond);
        writer.WriteStartArray("seconds");
        foreach (double seconds in timing.Seconds) writer.WriteNumberValue(seconds);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private sealed record Report(
        string Path,
        string Name,
        int VocabularySize,
        int Threads,
        CacheType Cache,
        KernelLevel Level,
        double LoadSeconds,
        long WeightBytes,
        long CacheBytes,
        int Depth,
        Timing Prefill,
        Timing Decode);
}
