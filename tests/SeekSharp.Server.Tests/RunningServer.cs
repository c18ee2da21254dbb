using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.Tests;

/// <summary>A server on a free port of loopback, and a client of it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(WebApplication app)
    {
        App = app;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public ModelRegistry Models => App.Services.GetRequiredService<ModelRegistry>();

    /// <summary>Tokens in cache pages that requests hold now.</summary>
    public int TokensInUse => Models.Loaded.Sum(model => model.Engine.CacheTokensInUse);

    public static async Task<RunningServer> StartAsync(ServerOptions? options = null)
    {
        WebApplication app = SeekServer.Build((options ?? new ServerOptions()) with { Port = 0 });
        await app.StartAsync();
        return new RunningServer(app);
    }

    /// <summary>A server with one model, under the name "model".</summary>
    public static Task<RunningServer> StartAsync(string modelPath) => StartAsync(new ServerOptions { Models = [new ServedModel("model", modelPath)] });

    /// <summary>Posts a body and reads the answer, whatever its status.</summary>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string body)
    {
        using HttpResponseMessage response = await SendAsync(path, body);
        string text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, JsonElement.Parse(text));
    }

    public Task<HttpResponseMessage> SendAsync(string path, string body, CancellationToken cancellation = default) => Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") },
        HttpCompletionOption.ResponseHeadersRead,
        cancellation);

    /// <summary>Posts a body and reads the events of the answer to their end.</summary>
    public async Task<List<(string? Name, string Data)>> StreamAsync(string path, string body)
    {
        using HttpResponseMessage response = await SendAsync(path, body);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        List<(string?, string)> events = [];
        string? name = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line["event: ".Length..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) events.Add((name, line["data: ".Length..]));
            else if (line.Length == 0) name = null;
            else Assert.StartsWith(":", line);
        }

        return events;
    }

    /// <summary>Waits until no request holds cache pages.</summary>
    public async Task RequireIdleAsync()
    {
        for (int i = 0; i < 200 && TokensInUse > 0; i++) await Task.Delay(25);
        Assert.Equal(0, TokensInUse);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
