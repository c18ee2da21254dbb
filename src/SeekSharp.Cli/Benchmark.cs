using System.Diagnostics;
using SeekSharp.Inference;
using SeekSharp.Weights;

namespace SeekSharp.Cli;

/// <summary>Seconds that some tokens took, once per repetition, and what the cache of experts did meanwhile, where there is one.</summary>
internal sealed record Timing(int Tokens, double[] Seconds, ExpertCacheStatistics? Experts = null)
{
    /// <summary>Of the median repetition.</summary>
    public double TokensPerSecond => Tokens / Median(Seconds);

    public double Lowest => Tokens / Seconds.Max();

    public double Highest => Tokens / Seconds.Min();

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Times an engine on fixed tokens; benchmarks/peers/llama-bench.mjs does the same steps with llama.cpp.</summary>
internal sealed class Benchmark(Engine engine, int vocabularySize, int depth)
{
    // Long enough for the compiler to have replaced its first, slow code; a large model takes one repetition.
    private const double WarmUpSeconds = 1;

    /// <summary>All tokens in one call, with the logits behind the last.</summary>
    public Timing Prefill(int count, int repetitions) => Measure(count, repetitions, (sequence, tokens) => engine.Evaluate(sequence, tokens));

    /// <summary>One token a call, each with logits and the choice of the most probable token, which is not fed back.</summary>
    public Timing Decode(int count, int repetitions)
    {
        var greedy = new Sampler(new SamplerOptions { Temperature = 0 }, vocabularySize);
        return Measure(count, repetitions, (sequence, tokens) =>
        {
            for (int i = 0; i < tokens.Length; i++) greedy.Sample(engine.Evaluate(sequence, tokens.AsSpan(i, 1)));
        });
    }

    private Timing Measure(int count, int repetitions, Action<Sequence, int[]> work)
    {
        if (count == 0) return new Timing(0, []);
        for (double warmUp = 0; warmUp < WarmUpSeconds;) warmUp += Time(count, work);
        ExpertCacheStatistics? before = engine.Model.ExpertCache;
        double[] seconds = [.. Enumerable.Range(0, repetitions).Select(_ => Time(count, work))];
        return new Timing(count, seconds, engine.Model.ExpertCache is { } after ? after.Since(before!.Value) : null);
    }

    private double Time(int count, Action<Sequence, int[]> work)
    {
        using var sequence = engine.CreateSequence();
        if (depth > 0) engine.Evaluate(sequence, Tokens(0, depth));
        int[] tokens = Tokens(depth, count);
        long start = Stopwatch.GetTimestamp();
        work(sequence, tokens);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private int[] Tokens(int start, int count) => [.. Enumerable.Range(start, count).Select(i => (int)((i * 37L + 11) % vocabularySize))];
}
