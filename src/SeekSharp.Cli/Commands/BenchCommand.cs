using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Weights;
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
            "seek bench -m model.gguf -p 0 -n 64 --depth 4096 -r 5 --json")
        {
            Model, Prefill, Decode, Depth, Repetitions, Json, Cache, Level, Threads, CommonOptions.NoCache, MemoryLimit.Option,
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
        int context = depth + Math.Max(prefill, decode);
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        long weightMemory = MemoryLimit.ForWeights(path, parsed.GetValue(MemoryLimit.Option), cache, context);
        var loading = Stopwatch.StartNew();
        using var model = Models.Load(path, threads, weightMemory: weightMemory);
        double loadSeconds = loading.Elapsed.TotalSeconds;
        if (context > model.Config.ContextLength)
            throw new CommandException($"{context} tokens are more than the model was made for ({model.Config.ContextLength}); lower -p, -n or --depth.");
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
            model.WeightOrigin,
            model.WeightBytes,
            engine.CacheBytes,
            depth,
            benchmark.Prefill(prefill, parsed.GetValue(Repetitions)),
            benchmark.Decode(decode, parsed.GetValue(Repetitions)));
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, report));
        else WriteTable(report);
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
        foreach (var (name, timing) in new[] { ("prefill", report.Prefill), ("decode", report.Decode) })
            if (timing is { Tokens: > 0, Experts: { } experts }) Console.Out.WriteLine($"{name}: {MemoryLimit.Describe(experts)}");
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{report.Threads} threads, {report.Level} kernels, {report.Cache} cache, loaded in {report.LoadSeconds:F2} s ({Describe(report.WeightOrigin)}), peak memory {Bytes.Describe(PeakMemory())} (weights {Bytes.Describe(report.WeightBytes)}, cache {Bytes.Describe(report.CacheBytes)})"));
    }

    private static string Describe(WeightOrigin origin) => origin switch
    {
        WeightOrigin.Cached => "from the cache",
        WeightOrigin.PackedIntoCache => "packed, and kept in the cache",
        _ => "packed",
    };

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
        writer.WriteString("weights", report.WeightOrigin switch
        {
            WeightOrigin.Cached => "cached",
            WeightOrigin.PackedIntoCache => "packed_into_cache",
            _ => "packed",
        });
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
        if (timing.Experts is { } experts)
        {
            writer.WriteStartObject("experts");
            writer.WriteNumber("in_memory", experts.SlotCount);
            writer.WriteNumber("all", experts.ExpertCount);
            writer.WriteNumber("uses", experts.Uses);
            writer.WriteNumber("hits", experts.Hits);
            writer.WriteNumber("read_ahead", experts.ReadAhead);
            writer.WriteNumber("bytes_read", experts.BytesRead);
            writer.WriteNumber("seconds_waited", experts.Waited.TotalSeconds);
            writer.WriteEndObject();
        }

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
        WeightOrigin WeightOrigin,
        long WeightBytes,
        long CacheBytes,
        int Depth,
        Timing Prefill,
        Timing Decode);
}
