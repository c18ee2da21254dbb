using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SeekSharp.Server.Observability;

/// <summary>Hands metrics and spans on: metrics to whoever fetches /metrics, both to a collector that the user named, and to nobody else.</summary>
internal static class Exporters
{
    /// <summary>Path of the metrics in Prometheus' format.</summary>
    public const string MetricsPath = "/metrics";

    private const string OwnSources = "SeekSharp*"; // the server's and the engine's

    public static void Add(IServiceCollection services, ObservabilityOptions options)
    {
        var telemetry = services.AddOpenTelemetry();
        // Nothing about the machine, the process or the user.
        telemetry.ConfigureResource(resource => resource.Clear().AddService("seeksharp", serviceVersion: typeof(Exporters).Assembly.GetName().Version?.ToString(3), autoGenerateServiceInstanceId: false));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(OwnSources).AddPrometheusExporter();
            if (options.OtlpEndpoint is { } endpoint) metrics.AddOtlpExporter(otlp => Direct(otlp, endpoint, "v1/metrics"));
        });
        if (options.OtlpEndpoint is { } address)
            telemetry.WithTracing(traces => traces.AddSource(OwnSources).AddOtlpExporter(otlp => Direct(otlp, address, "v1/traces")));
    }

    /// <summary>To this address and no other: no proxy from the environment, no redirection.</summary>
    private static void Direct(OtlpExporterOptions otlp, Uri endpoint, string path)
    {
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
        otlp.Endpoint = new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
        otlp.Headers = "";
        otlp.HttpClientFactory = () => new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) };
    }
}
