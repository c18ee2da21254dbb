using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Observability;

namespace SeekSharp.Server.Security;

/// <summary>Puts a server's security and observability together. The order is the promise: nothing is read of a request before the gate has let it in.</summary>
internal static class ServerSecurity
{
    /// <summary>Listens as the options say, logs without contents, measures, and prepares the gate.</summary>
    /// <exception cref="ArgumentException">The address is not as closed as it must be, or an option is malformed.</exception>
    /// <exception cref="IOException">The certificate cannot be used.</exception>
    public static void AddSecurity(this WebApplicationBuilder builder, ServerOptions options)
    {
        Binding binding = new(options);
        SecurityOptions security = options.Security;
        builder.WebHost.UseKestrelCore().PreferHostingUrls(false).ConfigureKestrel(kestrel =>
        {
            RequestLimits.Apply(kestrel);
            binding.Listen(kestrel);
        });
        IServiceCollection services = builder.Services;
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new PrivateLoggerFactory(options.Observability.LoggerFactory)));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<GenerationTelemetry>();
        Exporters.Add(services, options.Observability);
        HostRule host = new([.. security.HostNames, .. binding.Certificate?.HostNames ?? []]);
        OriginRule origin = new(security.AllowedOrigins);
        KeyRule key = new(new ApiKeyStore(security.KeyFolder), binding.RequiresKeys, security, TimeProvider.System);
        services.AddSingleton<RequestFrame>();
        services.AddSingleton(provider => new SecurityGate(host, origin, key, new BodyRule(), provider.GetRequiredService<ILogger<SecurityGate>>()));
    }

    /// <summary>Names every request, explains errors, and lets requests pass the gate. It must come before everything else.</summary>
    public static void UseSecurity(this WebApplication app)
    {
        IServiceProvider services = app.Services;
        RequestFrame frame = services.GetRequiredService<RequestFrame>();
        SecurityGate gate = services.GetRequiredService<SecurityGate>();
        app.Use(next => context => frame.RunAsync(context, next));
        app.UseErrors(services.GetRequiredService<ILoggerFactory>().CreateLogger("SeekSharp.Server"));
        app.Use(next => context => gate.RunAsync(context, next));
    }

    /// <summary>GET /metrics. It is as open as the rest of the server: to loopback, or with a key.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(Exporters.MetricsPath);
}
