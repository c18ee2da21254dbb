using Microsoft.Extensions.Logging;

namespace SeekSharp.Server.Observability;

/// <summary>Who learns what a server does. Nobody gets prompts, replies or keys.</summary>
public sealed record ObservabilityOptions
{
    /// <summary>Takes the log; null: there is none.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Address of an OpenTelemetry collector (OTLP over HTTP) that gets metrics and traces; null, the default: nobody does, and the server calls nobody.</summary>
    public Uri? OtlpEndpoint { get; init; }
}
