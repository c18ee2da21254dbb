using System.Diagnostics;
using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Weights;

namespace SeekSharp.Cli;

/// <summary>What a test computes.</summary>
/// <param name="Name">"prefill": all tokens in one call; "decode": one token of each sequence a call.</param>
/// <param name="Tokens">Tokens of each sequence.</param>
/// <param name="Sequences">Sequences that go side by side.</param>
/// <param name="Depth">Tokens that are in the context before; the sequences share them.</param>
internal sealed record BenchmarkTest(string Name, int Tokens, int Sequences, int Depth)
{
    /// <summary>As in "decode 64 x 8 at 4096".</summary>
    public string Label => FormattableString.Invariant($"{Name} {Tokens}{(Sequences > 1 ? $" x {Sequences}" : "")}{(Depth > 0 ? $" at {Depth}" : "")}");

    /// <summary>Tokens of the cache that the test needs, with the pages that sequences do not share.</summary>
    public int CacheTokens => Sequences == 1 ? Depth + Tokens + PageSlack : Depth + PageSlack + Sequences * (Tokens + 2 * PageSlack);

    private static int PageSlack => 32;
}

/// <summary>Seconds that a test took, once per repetition, and what its steps read.</summary>
/// <param name="Test">The test.</param>
/// <param name="Seconds">One per repetition.</param>
/// <param name="WeightBytes">Bytes of weights a step reads (decode); 0 for prefill.</param>
/// <param name="CacheBytes">Bytes of keys and values that a step reads, on average (decode); 0 for prefill.</param>
internal sealed record Timing(BenchmarkTest Test, double[] Seconds, double WeightBytes, double CacheBytes)
{
    /// <summary>What the cache of experts did meanwhile, where there is one.</summary>
    public ExpertCacheStatistics? Experts { get; init; }

    /// <summary>Of the median repetition, all sequences together.</summary>
    public double TokensPerSecond => Total / Median(Seconds);

    public double Lowest => Total / Seconds.Max();

    public double Highest => Total / Seconds.Min();

    /// <summary>Gigabytes that the median repetition read a second, as far as they are counted.</summary>
    public double GigabytesPerSecond => (WeightBytes + CacheBytes) * Test.Tokens / Median(Seconds) / 1e9;

    private int Total => Test.Tokens * Test.Sequences;

    /// <summary>The middle, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Times an engine on fixed tokens; benchmarks/peers/llama-bench.mjs does the same steps with llama.cpp.</summary>
internal sealed class Benchmark(Engine engine, StepTraffic traffic, Inference.CacheType cache, int repetitions)
{
    // Long enough for the compiler to have replaced its first, slow code; a large model takes one repetition.
    private const double WarmUpSeconds = 1;

    private readonly int _vocabularySize = engine.Model.Config.VocabularySize;

    /// <summary>Runs tests of one depth; what is in the context before them is computed once.</summary>
    public IEnumerable<Timing> Run(IReadOnlyList<BenchmarkTest> tests, int depth)
    {
        using var context = engine.CreateSequence();
        if (depth > 0) engine.Evaluate(context, Tokens(depth, 0, 0));
        foreach (var test in tests)
        {
            ExpertCacheStatistics? before = engine.Model.ExpertCache;
            Timing timing = test.Name == "prefill" ? Prefill(test, context) : Decode(test, context);
            yield return timing with { Experts = engine.Model.ExpertCache is { } after ? after.Since(before!.Value) : null };
        }
    }

    /// <summary>All tokens in one call, with the logits behind the last.</summary>
    private Timing Prefill(BenchmarkTest test, Sequence context) =>
        new(test, Measure(test, context, (sequences, tokens) => engine.Evaluate(sequences[0], tokens[0])), 0, 0);

    /// <summary>One token of each sequence a call, each with logits and the choice of the most probable token, which is not fed back.</summary>
    private Timing Decode(BenchmarkTest test, Sequence context)
    {
        var greedy = new Sampler(new SamplerOptions { Temperature = 0 }, _vocabularySize);
        var items = new StepItem[test.Sequences];
        double[] seconds = Measure(test, context, (sequences, tokens) =>
        {
            for (int i = 0; i < test.Tokens; i++)
            {
                for (int j = 0; j < items.Length; j++) items[j] = new StepItem(sequences[j], tokens[j].AsMemory(i, 1), true);
                engine.Step(items);
                for (int j = 0; j < items.Length; j++) greedy.Sample(engine.Logits(j));
            }
        });
        double weights = test.Sequences == 1 ? traffic.OneToken : CountWeights(test, context);
        long cached = test.Sequences * Engine.CacheBytesFor(engine.Model.Config, cache, test.Depth + (test.Tokens + 1) / 2);
        return new Timing(test, seconds, weights, cached);
    }

    /// <summary>Computes the tokens once more, together, while the choice of experts is recorded.</summary>
    private double CountWeights(BenchmarkTest test, Sequence context)
    {
        RouterTrace[] traces = [.. Enumerable.Range(0, test.Sequences).Select(_ => new RouterTrace())];
        for (int i = 0; i < traces.Length; i++)
        {
            using var sequence = context.Fork(traces[i]);
            engine.Evaluate(sequence, Tokens(test.Tokens, test.Depth, i));
        }

        return traffic.Average(traces, test.Depth, test.Tokens);
    }

    private double[] Measure(BenchmarkTest test, Sequence context, Action<Sequence[], int[][]> work)
    {
        for (double warmUp = 0; warmUp < WarmUpSeconds;) warmUp += Time(test, context, work);
        return [.. Enumerable.Range(0, repetitions).Select(_ => Time(test, context, work))];
    }

    private double Time(BenchmarkTest test, Sequence context, Action<Sequence[], int[][]> work)
    {
        Sequence[] sequences = [.. Enumerable.Range(0, test.Sequences).Select(_ => context.Fork())];
        int[][] tokens = [.. sequences.Select((_, i) => Tokens(test.Tokens, test.Depth, i))];
        long start = Stopwatch.GetTimestamp();
        work(sequences, tokens);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var sequence in sequences) sequence.Dispose();
        return seconds;
    }

    /// <summary>Tokens that look random: those of one sequence are others than those of the next.</summary>
    private int[] Tokens(int count, int start, int sequence) => [.. Enumerable.Range(start, count).Select(i => Token(i, sequence))];

    private int Token(int position, int sequence)
    {
        // the finaliser of MurmurHash3
        uint hash = (uint)(position + (sequence << 20));
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return (int)((hash ^ (hash >> 16)) % (uint)_vocabularySize);
    }
}
