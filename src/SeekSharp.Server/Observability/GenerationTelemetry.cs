using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Observability;

/// <summary>
/// Measures replies under OpenTelemetry's semantic conventions for generative AI, and what those have no name for under "seeksharp"; the engine's own meter
/// (<see cref="Inference.InferenceMeter"/>) has queue, cache, steps and experts. Everything is a number or a name from a short list: nothing that a client wrote becomes a tag, not even the model that it asked for.
/// </summary>
internal sealed class GenerationTelemetry : IDisposable
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string SourceName = "SeekSharp.Server";

    // As the conventions advise.
    private static readonly InstrumentAdvice<double> s_requestBuckets = Buckets(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
    private static readonly InstrumentAdvice<double> s_firstTokenBuckets = Buckets(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);
    private static readonly InstrumentAdvice<double> s_perTokenBuckets = Buckets(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5);
    private static readonly InstrumentAdvice<int> s_tokenBuckets =
        new() { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864] };

    private readonly ActivitySource _source = new(SourceName);
    private readonly Meter _meter;
    private readonly TokenRate _rate;
    private long _promptTokens, _cachedTokens;

    public GenerationTelemetry(IMeterFactory meters, TimeProvider time)
    {
        Time = time;
        _rate = new TokenRate(time);
        _meter = meters.Create(SourceName);
        RequestDuration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "Time of a request up to the last token of its reply.", tags: null, s_requestBuckets);
        TimeToFirstToken = _meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "Time up to the first token of a reply, waiting included.", tags: null, s_firstTokenBuckets);
        TimePerOutputToken = _meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "Time per token after the first one.", tags: null, s_perTokenBuckets);
        TokenUsage = _meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of a prompt or a reply.", tags: null, s_tokenBuckets);
        Active = _meter.CreateUpDownCounter<int>("seeksharp.requests.active", "{request}", "Requests that are being answered or wait.");
        _meter.CreateObservableGauge("seeksharp.output.rate", () => _rate.PerSecond, "{token}/s", "Tokens generated per second, over the last ten seconds.");
        _meter.CreateObservableGauge("seeksharp.prefix_cache.hit_rate", () => HitRate, "1", "Share of the prompts' tokens that the prefix cache had, since the start.");
    }

    internal TimeProvider Time { get; }

    internal Histogram<double> RequestDuration { get; }

    internal Histogram<double> TimeToFirstToken { get; }

    internal Histogram<double> TimePerOutputToken { get; }

    internal Histogram<int> TokenUsage { get; }

    internal UpDownCounter<int> Active { get; }

    private double HitRate => Interlocked.Read(ref _promptTokens) is var all and > 0 ? (double)Interlocked.Read(ref _cachedTokens) / all : 0;

    /// <summary>Starts measuring a reply.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">"chat" or "text_completion".</param>
    /// <param name="model">Name of the model that answers, as the server lists it; never what the client wrote.</param>
    /// <returns>Dispose it when the reply has ended, however that was.</returns>
    public GenerationOperation Start(HttpContext context, string operation, string model)
    {
        // The web server's own activities are not exported; the parent is the caller's span, where one was sent.
        ActivityContext.TryParse(context.Request.Headers.TraceParent, null, isRemote: true, out ActivityContext parent);
        Activity? before = Activity.Current;
        Activity.Current = null;
        Activity? span = _source.StartActivity($"{operation} {model}", ActivityKind.Server, parent);
        Activity.Current = before;
        span?.SetTag("seeksharp.request.id", context.TraceIdentifier);
        return new GenerationOperation(this, span, Caller.Of(context), operation, model);
    }

    internal void CountOutput(int tokens) => _rate.Add(tokens);

    internal void CountPrompt(GenerationUsage usage)
    {
        Interlocked.Add(ref _promptTokens, usage.PromptTokens);
        Interlocked.Add(ref _cachedTokens, usage.CachedTokens);
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }

    private static InstrumentAdvice<double> Buckets(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };
}
