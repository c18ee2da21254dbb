using System.Diagnostics;
using System.Text.Json;
using SeekSharp.Inference;
using SeekSharp.Models;
using Spectre.Console;

namespace SeekSharp.Cli;

/// <summary>Where the drafts of a measurement come from.</summary>
internal enum MeasuredDrafts
{
    Replay,
    NGram,
    Prediction,
}

/// <summary>
/// Times greedy replies with and without speculation, alternately; and steps of several tokens, beside the bytes of weights that they read.
/// </summary>
/// <param name="engine">What computes.</param>
/// <param name="traffic">Counts the bytes of steps.</param>
/// <param name="prompt">Tokens in front of the reply.</param>
/// <param name="count">Tokens of the reply.</param>
internal sealed class SpeculationBenchmark(Engine engine, StepTraffic traffic, int[] prompt, int count)
{
    private const int MostTokensPerStep = 9;
    private const int StepsPerCount = 16;
    private const double WarmUpSeconds = 1;

    /// <summary>Seconds of one reply behind its first token, and what its drafts did.</summary>
    internal readonly record struct Run(double Seconds, DraftCounts Drafts);

    /// <summary>A reply without speculation and the same one with it, one after the other.</summary>
    internal readonly record struct Pair(double PlainSeconds, Run Speculative)
    {
        public double Speedup => PlainSeconds / Speculative.Seconds;
    }

    /// <summary>Steps of some tokens: milliseconds of the median step, and bytes of the mean one.</summary>
    internal readonly record struct StepTime(int Tokens, double Milliseconds, double Bytes);

    /// <summary>Runs pairs.</summary>
    /// <param name="drafts">Where drafts come from.</param>
    /// <param name="acceptance">For replayed drafts: the share that is right.</param>
    /// <param name="fixedDrafts">Drafts of each step; 0: as many as pay.</param>
    /// <param name="repetitions">Number of pairs.</param>
    public async Task<Pair[]> MeasurePairsAsync(MeasuredDrafts drafts, double acceptance, int fixedDrafts, int repetitions)
    {
        using var scheduler = new Scheduler(engine);
        int[] reply = await RecordAsync(scheduler);
        var options = new SpeculationOptions
        {
            Kind = drafts == MeasuredDrafts.Prediction ? DraftKind.MultiTokenPrediction : DraftKind.NGram,
            Source = drafts == MeasuredDrafts.Replay ? new ReplayDrafts(prompt.Length, reply, acceptance, engine.Model.Config.VocabularySize) : null,
            MaxDrafts = fixedDrafts > 0 ? fixedDrafts : new SpeculationOptions().MaxDrafts,
            IsAdaptive = fixedDrafts == 0,
        };
        for (double warmUp = 0; warmUp < WarmUpSeconds;) warmUp += (await TimeAsync(scheduler, options, reply)).Seconds;
        var pairs = new Pair[repetitions];
        for (int i = 0; i < repetitions; i++)
        {
            Run plain = await TimeAsync(scheduler, SpeculationOptions.None, reply);
            pairs[i] = new Pair(plain.Seconds, await TimeAsync(scheduler, options, reply));
        }

        return pairs;
    }

    /// <summary>Times steps of 1 to 9 tokens, each with the logits of all of them, over the recorded reply.</summary>
    public async Task<StepTime[]> MeasureStepsAsync(int repetitions)
    {
        int[] reply;
        using (var scheduler = new Scheduler(engine)) reply = await RecordAsync(scheduler);
        var trace = new RouterTrace();
        using (Sequence traced = engine.CreateSequence(trace)) engine.Evaluate(traced, [.. prompt, .. reply]);
        var times = new List<StepTime>();
        for (int tokens = 1; tokens <= Math.Min(MostTokensPerStep, reply.Length); tokens++)
        {
            List<double> seconds = [];
            for (int i = 0; i < repetitions; i++) TimeSteps(reply, tokens, seconds);
            seconds.Sort();
            double read = Enumerable.Range(0, Steps(reply, tokens)).Average(step => traffic.Of(trace, prompt.Length + step * tokens, tokens));
            times.Add(new StepTime(tokens, 1000 * seconds[seconds.Count / 2], read));
        }

        return [.. times];
    }

    public static void WriteTable(Pair[] pairs, StepTime[] steps, int count)
    {
        DraftCounts drafts = pairs[^1].Speculative.Drafts;
        double plain = Timing.Median(pairs.Select(pair => (count - 1) / pair.PlainSeconds)), speculative = Timing.Median(pairs.Select(pair => (count - 1) / pair.Speculative.Seconds));
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("plain tokens/s", "speculative tokens/s", "speedup per pair", "drafts accepted", "tokens per step");
        table.AddRow(
            Text($"{plain:F2}"),
            Text($"{speculative:F2}"),
            Text($"{Timing.Median(pairs.Select(pair => pair.Speedup)):F3} ({pairs.Min(pair => pair.Speedup):F3} to {pairs.Max(pair => pair.Speedup):F3})"),
            drafts.Drafted == 0 ? "none" : Text($"{drafts.Accepted} of {drafts.Drafted} ({100 * drafts.Acceptance:F0}%)"),
            Text($"{(double)count / drafts.Steps:F2}"));
        AnsiConsole.Write(table);
        if (steps.Length == 0) return;

        var byTokens = new Table { Border = TableBorder.Markdown };
        byTokens.AddColumns("tokens per step", "ms", "GB", "GB/s", "speedup if all are accepted", "limit by bytes", "share of the limit");
        foreach (StepTime step in steps)
        {
            double speedup = step.Tokens * steps[0].Milliseconds / step.Milliseconds, limit = step.Tokens * steps[0].Bytes / step.Bytes;
            byTokens.AddRow(
                Text($"{step.Tokens}"), Text($"{step.Milliseconds:F2}"), Text($"{step.Bytes / 1e9:F3}"), Text($"{step.Bytes / 1e6 / step.Milliseconds:F1}"),
                Text($"{speedup:F2}"), Text($"{limit:F2}"), Text($"{100 * speedup / limit:F0}%"));
        }

        AnsiConsole.Write(byTokens);
    }

    public static void WriteJson(Utf8JsonWriter writer, Pair[] pairs, StepTime[] steps, int count)
    {
        DraftCounts drafts = pairs[^1].Speculative.Drafts;
        writer.WriteNumber("tokens", count);
        writer.WriteNumber("drafted", drafts.Drafted);
        writer.WriteNumber("accepted", drafts.Accepted);
        writer.WriteNumber("steps", drafts.Steps);
        writer.WriteStartArray("pairs");
        foreach (Pair pair in pairs)
        {
            writer.WriteStartObject();
            writer.WriteNumber("plain_seconds", pair.PlainSeconds);
            writer.WriteNumber("speculative_seconds", pair.Speculative.Seconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("step_times");
        foreach (StepTime step in steps)
        {
            writer.WriteStartObject();
            writer.WriteNumber("tokens", step.Tokens);
            writer.WriteNumber("milliseconds", step.Milliseconds);
            writer.WriteNumber("bytes", step.Bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void TimeSteps(int[] reply, int tokens, List<double> seconds)
    {
        using Sequence sequence = engine.CreateSequence();
        int reused = sequence.ReusePrefix(prompt);
        engine.Evaluate(sequence, prompt.AsSpan(reused));
        for (int step = 0; step < Steps(reply, tokens); step++)
        {
            long from = Stopwatch.GetTimestamp();
            engine.Step([new StepItem(sequence, reply.AsMemory(step * tokens, tokens), LogitCount: tokens)]);
            seconds.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
        }
    }

    private static int Steps(int[] reply, int tokens) => Math.Min(StepsPerCount, reply.Length / tokens);

    private async Task<int[]> RecordAsync(Scheduler scheduler)
    {
        var tokens = new List<int>();
        await foreach (SampledToken token in scheduler.Submit(Request(SpeculationOptions.None))) tokens.Add(token.Token);
        return [.. tokens];
    }

    private async Task<Run> TimeAsync(Scheduler scheduler, SpeculationOptions speculation, int[] expected)
    {
        using TokenReply reply = scheduler.Submit(Request(speculation));
        long first = 0, last = 0;
        int received = 0;
        await foreach (SampledToken token in reply)
        {
            last = Stopwatch.GetTimestamp();
            if (first == 0) first = last;
            if (token.Token != expected[received++]) throw new InvalidOperationException($"Token {received} of the reply differs from the one without speculation.");
        }

        return new Run(Stopwatch.GetElapsedTime(first, last).TotalSeconds, reply.Drafts);
    }

    private TokenRequest Request(SpeculationOptions speculation) =>
        new() { Prompt = prompt, MaxTokens = count, Sampling = new SamplerOptions { Temperature = 0 }, Speculation = speculation };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
