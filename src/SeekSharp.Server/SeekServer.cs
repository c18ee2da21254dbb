using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SeekSharp.Server.Endpoints;
using SeekSharp.Server.Models;
using SeekSharp.Server.Replies;
using SeekSharp.Server.Security;

namespace SeekSharp.Server;

/// <summary>Makes the web application that serves models.</summary>
public static class SeekServer
{
    /// <summary>Builds a server; <c>RunAsync</c> or <c>StartAsync</c> starts it.</summary>
    /// <param name="options">How it listens and what it serves.</param>
    /// <returns>The application; dispose it to free the models.</returns>
    /// <exception cref="ArgumentException">An option is malformed, or the address is not as closed as it must be: see <see cref="SecurityOptions"/>.</exception>
    /// <exception cref="IOException">The certificate cannot be used.</exception>
    public static WebApplication Build(ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // An empty builder reads no environment variable, no settings file and no command line: nothing but the options can widen the binding.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "SeekSharp" });
        builder.AddSecurity(options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.Services.AddSingleton<ModelRegistry>();
        builder.Services.AddSingleton<ReplyService>();
        builder.Services.AddEndpoints();
        builder.Services.AddRoutingCore();
        builder.Services.AddDocument();

        WebApplication app = builder.Build();
        app.UseSecurity();
        app.MapEndpoints();
        app.MapOpenApi();
        app.MapMetrics();
        return app;
    }

    /// <summary>Leaves signals to the program: a library does not take Ctrl-C for itself.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
