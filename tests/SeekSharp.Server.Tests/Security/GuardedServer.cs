using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SeekSharp.Cli.Tests;
using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Security;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Server.Tests.Security;

/// <summary>A server of a model that says what is written, on a free port, with endpoints of its own behind the gate: one that reads its body, one that fails, one that generates, a page.</summary>
internal sealed class GuardedServer : IAsyncDisposable
{
    public const string Reply = "sentinel-reply-5512", Failure = "sentinel-failure-7701";
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private GuardedServer(TemporaryFolder folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = TestCertificate.Accept } }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public string Folder => _folder.Path;

    public ApiKeyStore Keys => new(Path.Combine(_folder.Path, "keys"));

    public static async Task<GuardedServer> StartAsync(Func<ServerOptions, string, ServerOptions>? change = null)
    {
        TemporaryFolder folder = new();
        string model = Path.Combine(folder.Path, "tiny.gguf");
        ScriptedModel.Write(model, ScriptedModel.Thinking, ScriptedModel.ThinkingTemplate);
        ServerOptions options = new() { Port = 0, Models = [new ServedModel("tiny", model)], Security = new SecurityOptions { KeyFolder = Path.Combine(folder.Path, "keys") } };
        if (change is not null) options = change(options, folder.Path);
        WebApplication app = SeekServer.Build(options);
        app.MapPost("/test/read", async context =>
        {
            using StreamReader reader = new(context.Request.Body);
            await context.Response.WriteAsync($"{(await reader.ReadToEndAsync()).Length} {Caller.Of(context).Tenant}");
        });
        app.MapPost("/test/fail", new RequestDelegate(_ => throw new InvalidOperationException(Failure, new FormatException(Failure))));
        app.MapGet("/test/page", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<!doctype html>");
        });
        app.MapPost("/test/generate", async context =>
        {
            using GenerationOperation operation = app.Services.GetRequiredService<GenerationTelemetry>().Start(context, "chat", "tiny");
            for (int i = 0; i < 3; i++)
            {
                operation.Generated(1);
                await context.Response.WriteAsync(Reply);
            }

            operation.Finish(new GenerationUsage(20, 16, 3, 1), "stop");
        });
        await app.StartAsync();
        return new GuardedServer(folder, app);
    }

    /// <summary>A request with any headers, also those that HttpClient would not send.</summary>
    public async Task<string> SendRawAsync(string text, bool body = true)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Parse(Address.Host.Trim('[', ']')), Address.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        string all = await ReadAsync(stream);
        return body ? all : all.Split('\n')[0].TrimEnd();
    }

    /// <summary>Reads until the server closes the connection, or has said something and keeps it.</summary>
    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[1 << 14];
        using CancellationTokenSource silence = new();
        try
        {
            while (true)
            {
                silence.CancelAfter(text.Length == 0 ? 20_000 : 500);
                int read = await stream.ReadAsync(buffer, silence.Token);
                if (read == 0) return text.ToString();
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (OperationCanceledException) when (text.Length > 0)
        {
            return text.ToString();
        }
    }

    /// <summary>The status of a GET or POST with these headers.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            if (name == "Content-Type") request.Content!.Headers.Remove(name);
            if (name == "Content-Type") request.Content!.Headers.TryAddWithoutValidation(name, value);
            else request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Keeps everything that is logged, at every level, with scopes, states and exceptions.</summary>
internal sealed class LogCapture : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName)
    {
        _lines.Enqueue($"category {categoryName}");
        return this;
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : $"{state}";
        _lines.Enqueue($"{logLevel} {eventId} {formatter(state, exception)} {values} {exception}");
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        _lines.Enqueue($"scope {state} {(state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : "")}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }
}
