using System.CommandLine;
using System.Diagnostics;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Cli.Commands;

/// <summary>seek bench: tokens per second of prefill and decode.</summary>
internal static class BenchCommand
{
    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<int> Prefill = CommonOptions.Integer("--prompt", "Tokens to prefill in one call; 0: none", 0, 1 << 20, 512, "-p");
    private static readonly Option<int> Decode = CommonOptions.Integer("--decode", "Tokens to decode one by one; 0: none", 0, 1 << 20, 64, "-n");
    private static readonly Option<int[]> Depths = CommonOptions.Integers("--depth", "Tokens in the context before each test; several numbers, each for all tests", 0, 1 << 20, 0);
    private static readonly Option<int> Batch = CommonOptions.Integer("--batch", "Decode so many sequences side by side, too; 0: none", 0, 512, 0);
    private static readonly Option<int> Repetitions = CommonOptions.Integer("--repetitions", "Measurements of each, after a warm-up of at least a second", 1, 1000, 3, "-r");
    private static readonly Option<float> Bandwidth = CommonOptions.Real("--bandwidth", "Gigabytes a second that memory gives, to show the share of it", 0, 100_000, 0);

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
            "seek bench -m model.gguf -n 64 --batch 8 --bandwidth 52.5",
            "seek bench -m model.gguf -p 0 -n 64 --depth 0,4096 -r 5 --json",
            "seek bench -m model.gguf -n 128 --speculate replay --acceptance 0.7")
        {
            Model, Prefill, Decode, Depths, Batch, Repetitions, Bandwidth, Speculate, Acceptance, Draft, Text, Json, Cache, Level, Threads, CommonOptions.NoCache, MemoryLimit.Option,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(Model);
        int threads = parsed.GetValue(Threads) is > 0 and var asked ? asked : Environment.ProcessorCount;
        if (parsed.GetValue(Speculate) is { } drafts) return MeasureSpeculation(parsed, drafts, threads);
        List<BenchmarkTest> tests = Tests(parsed);
        using var file = Models.Open(path);
        int context = tests.Max(test => test.Depth + test.Tokens);
        if (context > file.Config.ContextLength)
            throw new CommandException($"{context} tokens are more than the model was made for ({file.Config.ContextLength}); lower -p, -n or --depth.");
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        StepTraffic traffic = new(file);
        var loading = Stopwatch.StartNew();
        using var model = Models.Load(path, threads, weightMemory: MemoryLimit.ForWeights(path, parsed.GetValue(MemoryLimit.Option), cache, tests.Max(test => test.CacheTokens)));
        double loadSeconds = loading.Elapsed.TotalSeconds;
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = threads,
            KernelLevel = parsed.GetValue(Level),
            CacheType = cache,
            CacheTokens = tests.Max(test => test.CacheTokens),
        });
        double firstTokenSeconds = FirstToken(engine);
        Benchmark benchmark = new(engine, traffic, cache, parsed.GetValue(Repetitions));
        BenchmarkReport report = new()
        {
            Path = path,
            Config = model.Config,
            Threads = threads,
            Cache = cache,
            Level = engine.KernelLevel,
            LoadSeconds = loadSeconds,
            FirstTokenSeconds = firstTokenSeconds,
            WeightOrigin = model.WeightOrigin,
            WeightBytes = model.WeightBytes,
            CacheBytes = engine.CacheBytes,
            MultiplyAdds = traffic.MultiplyAdds,
            Bandwidth = parsed.GetValue(Bandwidth),
            Timings = [.. tests.GroupBy(test => test.Depth).SelectMany(group => benchmark.Run([.. group], group.Key))],
        };
        if (parsed.GetValue(Json)) JsonOutput.Write(report.WriteJson);
        else report.WriteTable();
        return ExitCodes.Success;
    }

    private static int MeasureSpeculation(ParseResult parsed, MeasuredDrafts drafts, int threads)
    {
        int count = parsed.GetValue(Decode);
        if (count < 2) throw new CommandException("Speculation needs tokens to decode: give -n of at least 2.");
        if (parsed.GetRequiredValue(Depths) is not [int depth]) throw new CommandException("Speculation is measured at one --depth.");
        string path = parsed.GetRequiredValue(Model);
        using var file = Models.Open(path);
        using var model = Models.Load(path, threads, predicts: drafts == MeasuredDrafts.Prediction);
        int vocabulary = model.Config.VocabularySize;
        int[] prompt = parsed.GetValue(Text) is { } text
            ? [.. model.Tokenizer.Encode(File.ReadAllText(text))]
            : [.. Enumerable.Range(0, Math.Max(depth, 1)).Select(i => (int)((i * 37L + 11) % vocabulary))];
        if (prompt.Length + count > model.Config.ContextLength)
            throw new CommandException($"{prompt.Length} tokens and a reply of {count} are more than the model was made for ({model.Config.ContextLength}).");
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = threads,
            KernelLevel = parsed.GetValue(Level),
            CacheType = parsed.GetValue(Cache) ?? CacheType.F16,
            CacheTokens = prompt.Length + count + 64,
        });
        var benchmark = new SpeculationBenchmark(engine, new StepTraffic(file), prompt, count);
        int repetitions = parsed.GetValue(Repetitions);
        var pairs = benchmark.MeasurePairsAsync(drafts, parsed.GetValue(Acceptance), parsed.GetValue(Draft), repetitions).GetAwaiter().GetResult();
        var steps = benchmark.MeasureStepsAsync(repetitions).GetAwaiter().GetResult();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => SpeculationBenchmark.WriteJson(writer, pairs, steps, count));
        else SpeculationBenchmark.WriteTable(pairs, steps, count);
        return ExitCodes.Success;
    }

    private static List<BenchmarkTest> Tests(ParseResult parsed)
    {
        int prefill = parsed.GetValue(Prefill), decode = parsed.GetValue(Decode), batch = parsed.GetValue(Batch);
        if (prefill == 0 && decode == 0) throw new CommandException("Nothing to measure: give -p or -n above 0.");
        if (decode == 0 && batch > 0) throw new CommandException("--batch decodes: give -n above 0.");
        List<BenchmarkTest> tests = [];
        foreach (int depth in parsed.GetRequiredValue(Depths).Distinct())
        {
            if (prefill > 0) tests.Add(new BenchmarkTest("prefill", prefill, 1, depth));
            if (decode > 0) tests.Add(new BenchmarkTest("decode", decode, 1, depth));
            if (batch > 0) tests.Add(new BenchmarkTest("decode", decode, batch, depth));
        }

        return tests;
    }

    /// <summary>Seconds since the process started, once a token is computed.</summary>
    private static double FirstToken(Engine engine)
    {
        using var sequence = engine.CreateSequence();
        engine.Evaluate(sequence, [0]);
        using var process = Process.GetCurrentProcess();
        return (DateTime.Now - process.StartTime).TotalSeconds;
    }
}
