using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SeekSharp.Inference;

/// <summary>
/// Metrics of all schedulers, on the meter "SeekSharp" of System.Diagnostics.Metrics. Each has the tag "seeksharp.model". Recording allocates nothing, and costs nothing where nobody
/// listens.
/// </summary>
public static class InferenceMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "SeekSharp";

    internal const string ModelTag = "seeksharp.model", LayerTag = "seeksharp.layer", EndTag = "seeksharp.end";

    private static readonly Meter s_meter = new(Name);
    private static readonly ConcurrentDictionary<Scheduler, KeyValuePair<string, object?>> s_schedulers = new();

    internal static Histogram<double> TimeToFirstToken { get; } =
        s_meter.CreateHistogram<double>("seeksharp.time_to_first_token", "s", "From submission to the first token of the reply.");

    internal static Histogram<double> QueueTime { get; } = s_meter.CreateHistogram<double>("seeksharp.queue.time", "s", "From submission to the start of the computation.");

    internal static Histogram<double> TokenRate { get; } =
        s_meter.CreateHistogram<double>("seeksharp.reply.rate", "{token}/s", "Tokens per second of a reply behind its first token.");

    internal static Histogram<double> StepTime { get; } = s_meter.CreateHistogram<double>("seeksharp.step.time", "s", "Time of a step of the engine.");

    internal static Counter<long> PromptTokens { get; } = s_meter.CreateCounter<long>("seeksharp.prompt.tokens", "{token}", "Tokens of prompts that were started.");

    internal static Counter<long> CachedTokens { get; } =
        s_meter.CreateCounter<long>("seeksharp.prompt.cached_tokens", "{token}", "Those of them that were not computed, since the cache had them.");

    internal static Counter<long> ReplyTokens { get; } = s_meter.CreateCounter<long>("seeksharp.reply.tokens", "{token}", "Tokens of replies.");

    internal static Counter<long> Preemptions { get; } = s_meter.CreateCounter<long>("seeksharp.preemptions", "{request}", "Requests that had to give up their pages.");

    internal static Counter<long> Requests { get; } =
        s_meter.CreateCounter<long>("seeksharp.requests", "{request}", "Requests by how they ended: stop, length, cancelled, late, failed, refused.");

    static InferenceMeter()
    {
        Observe("seeksharp.queue.length", "{request}", "Requests that wait to be started.", scheduler => scheduler.WaitingCount);
        Observe("seeksharp.running", "{request}", "Requests that hold cache pages.", scheduler => scheduler.RunningCount);
        Observe("seeksharp.cache.tokens_in_use", "{token}", "Cache pages that requests hold, in tokens.", scheduler => scheduler.CacheTokensInUse);
        Observe("seeksharp.cache.tokens", "{token}", "Size of the cache in tokens.", scheduler => scheduler.Engine.CacheTokens);
        s_meter.CreateObservableGauge<double>("seeksharp.expert.violation", ObserveExperts, "1", "Tokens of a layer's busiest expert over the mean, minus 1 (MaxVio).");
    }

    internal static void Register(Scheduler scheduler, KeyValuePair<string, object?> model) => s_schedulers[scheduler] = model;

    internal static void Unregister(Scheduler scheduler) => s_schedulers.TryRemove(scheduler, out _);

    private static void Observe(string name, string unit, string description, Func<Scheduler, long> value) => s_meter.CreateObservableGauge(
        name, () => s_schedulers.Select(entry => new Measurement<long>(value(entry.Key), entry.Value)), unit, description);

    private static IEnumerable<Measurement<double>> ObserveExperts()
    {
        foreach (var (scheduler, model) in s_schedulers)
        {
            if (scheduler.Engine.ExpertLoad is not { } load) continue;
            for (int layer = 0; layer < load.LayerCount; layer++)
                if (load.Tokens(layer).Count > 0)
                    yield return new Measurement<double>(load.MaximalViolation(layer), model, new KeyValuePair<string, object?>(LayerTag, layer));
        }
    }
}
