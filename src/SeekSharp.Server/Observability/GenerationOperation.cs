using System.Diagnostics;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Observability;

/// <summary>The measuring of one reply. One caller at a time.</summary>
internal sealed class GenerationOperation : IDisposable
{
    private const string Provider = "seeksharp", Cancelled = "cancelled";

    private readonly GenerationTelemetry _telemetry;
    private readonly Activity? _span;
    private readonly Caller _caller;
    private readonly KeyValuePair<string, object?> _model;
    private readonly TagList _tags;
    private readonly long _start;
    private long _first;
    private int _generated;
    private string? _error = Cancelled;
    private bool _isDisposed;

    internal GenerationOperation(GenerationTelemetry telemetry, Activity? span, Caller caller, string operation, string model)
    {
        _telemetry = telemetry;
        _span = span;
        _caller = caller;
        _model = new("gen_ai.request.model", model);
        _tags = new TagList { { "gen_ai.operation.name", operation }, { "gen_ai.provider.name", Provider }, { "gen_ai.request.model", model }, { "gen_ai.response.model", model } };
        foreach (var (key, value) in _tags) span?.SetTag(key, value);
        _start = telemetry.Time.GetTimestamp();
        telemetry.Active.Add(1, _model);
    }

    /// <summary>Takes note of tokens of the reply, when they have been generated.</summary>
    public void Generated(int tokens)
    {
        if (_first == 0)
        {
            _first = _telemetry.Time.GetTimestamp();
            _telemetry.TimeToFirstToken.Record(_telemetry.Time.GetElapsedTime(_start, _first).TotalSeconds, _tags);
        }

        _generated += tokens;
        _telemetry.CountOutput(tokens);
    }

    /// <summary>Takes note of what the reply took, once, whether it was completed or not, and counts it towards the limit of the key.</summary>
    /// <param name="usage">Tokens.</param>
    /// <param name="finishReason">Why it ended, as the API has it ("stop", "length"); null where it was broken off.</param>
    public void Finish(GenerationUsage usage, string? finishReason)
    {
        _caller.Charge(usage.PromptTokens - usage.CachedTokens + usage.OutputTokens);
        _telemetry.CountPrompt(usage);
        RecordTokens("input", usage.PromptTokens);
        RecordTokens("output", usage.OutputTokens);
        _span?.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens).SetTag("gen_ai.usage.cache_read.input_tokens", usage.CachedTokens)
            .SetTag("gen_ai.usage.output_tokens", usage.OutputTokens).SetTag("gen_ai.usage.reasoning.output_tokens", usage.ReasoningTokens);
        if (finishReason is null) return;
        _error = null;
        _span?.SetTag("gen_ai.response.finish_reasons", new[] { finishReason });
    }

    /// <summary>Takes note that the reply failed.</summary>
    /// <param name="kind">Kind of error: a short name such as "queue_full", no text.</param>
    public void Fail(string kind) => _error = kind;

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        long end = _telemetry.Time.GetTimestamp();
        _telemetry.Active.Add(-1, _model);
        TagList tags = _tags;
        if (_error is not null)
        {
            tags.Add("error.type", _error);
            _span?.SetTag("error.type", _error).SetStatus(ActivityStatusCode.Error);
        }
        else if (_generated > 1)
        {
            _telemetry.TimePerOutputToken.Record(_telemetry.Time.GetElapsedTime(_first, end).TotalSeconds / (_generated - 1), _tags);
        }

        _telemetry.RequestDuration.Record(_telemetry.Time.GetElapsedTime(_start, end).TotalSeconds, tags);
        _span?.Dispose();
    }

    private void RecordTokens(string type, int count)
    {
        TagList tags = _tags;
        tags.Add("gen_ai.token.type", type);
        _telemetry.TokenUsage.Record(count, tags);
    }
}
