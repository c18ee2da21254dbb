using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Tests.Security;

namespace SeekSharp.Server.Tests.Observability;

public class PrivateLogTests
{
    private const string Prompt = "sentinel-prompt-1187", Header = "sentinel-header-9034", Query = "sentinel-query-4410", ForeignKey = "sk-sentinel-key-6620";

    private static readonly string[] s_conversations = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/anthropic/v1/messages"];

    [Fact]
    public async Task No_text_of_a_client_and_no_reply_is_logged_at_any_level()
    {
        using LogCapture log = new();
        List<string> tags = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // The web server's own spans hold paths; only SeekSharp's are handed on.
                if (!activity.Source.Name.StartsWith("SeekSharp", StringComparison.Ordinal)) return;
                lock (tags) tags.Add($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))} {string.Join(' ', activity.Baggage)}");
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using GuardedServer server = await GuardedServer.StartAsync((options, _) => options with { Observability = new ObservabilityOptions { LoggerFactory = log } });
        string key = server.Keys.Create("sentinel-name").ToString();

        // Served, failed, refused, malformed, unknown, broken off.
        foreach (string path in new[] { "/test/generate", "/test/fail", "/test/read", $"/none/{Query}" })
        {
            foreach (string authorization in new[] { $"Bearer {key}", $"Bearer {ForeignKey}", ForeignKey, $"Bearer {key}x" })
            {
                using HttpResponseMessage reply = await server.SendAsync(
                    HttpMethod.Post, $"{path}?q={Query}", $$"""{"model":"{{Prompt}}","messages":[{"role":"user","content":"{{Prompt}}"}]}""",
                    ("Authorization", authorization), ("x-other", Header), ("baggage", $"a={Header}"), ("tracestate", $"a={Header}"), ("User-Agent", Header));
                Assert.NotEqual((HttpStatusCode)0, reply.StatusCode);
            }
        }

        using (await server.SendAsync(HttpMethod.Get, "/health", null, ("Host", $"{Header}.example"), ("Origin", $"https://{Header}"))) { }
        using (await server.SendAsync(HttpMethod.Get, "/health", null, ("Origin", $"https://{Header}"))) { }
        string host = server.Address.Authority;
        foreach (string raw in new[]
        {
            $"GET /{Query} {Header}\r\nHost: {host}\r\n\r\n", $"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization : Bearer {key}\r\n\r\n", $"{Prompt}\r\n\r\n",
            $"GET / HTTP/1.1\r\nHost: {host}\r\nx: \u0001{Header}\r\n\r\n", $"GET / HTTP/1.1\r\nHost: {Header}{{\r\n\r\n",
            $"POST /test/read HTTP/1.1\r\nHost: {host}\r\nContent-Type: {Header}\r\nContent-Length: {Header}\r\n\r\n{Prompt}",
            $"POST /test/read HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{Prompt}",
        })
            await server.SendRawAsync(raw);
        await ConverseAsync(server, key);
        string metrics = await server.Client.GetStringAsync("/metrics");

        string all = string.Join('\n', log.Lines) + string.Join('\n', tags) + metrics;
        Assert.DoesNotContain("sentinel", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("It is", all, StringComparison.Ordinal);
        Assert.DoesNotContain(key, all, StringComparison.Ordinal);
        Assert.DoesNotContain(key[^43..], all, StringComparison.Ordinal);

        // The log is not merely empty: requests, the failure and its place are in it, and spans were made.
        Assert.Contains("POST /test/generate: 200", all, StringComparison.Ordinal);
        foreach (string path in s_conversations) Assert.Contains($"POST {path}: 200", all, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException < System.FormatException", all, StringComparison.Ordinal);
        Assert.Contains("gen_ai.usage.output_tokens", all, StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.StartsWith("Debug", StringComparison.Ordinal));
    }

    /// <summary>Conversations over each API, whole and streamed, some broken off and some malformed.</summary>
    private static async Task ConverseAsync(GuardedServer server, string key)
    {
        foreach (string path in s_conversations)
        {
            string input = path switch
            {
                "/v1/completions" => $$""" "prompt":"{{Prompt}}" """,
                "/v1/responses" => $$""" "input":"{{Prompt}}" """,
                _ => $$""" "messages":[{"role":"user","content":"{{Prompt}}"}],"user":"{{Prompt}}" """,
            };
            foreach (string stream in new[] { "true", "false", $"\"{Prompt}\"" })
            {
                using HttpResponseMessage reply = await server.SendAsync(
                    HttpMethod.Post, path, $$"""{"model":"default","max_tokens":20,"stream":{{stream}},{{input}}}""", ("Authorization", $"Bearer {key}"), ("x-other", Header));
                Assert.Equal(stream.StartsWith('"') ? HttpStatusCode.BadRequest : HttpStatusCode.OK, reply.StatusCode);
                Assert.NotEmpty(await reply.Content.ReadAsStringAsync());
            }
        }

        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(200));
        using HttpRequestMessage endless = new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent($$"""{"messages":[{"role":"user","content":"loop {{Prompt}}"}],"stream":true,"max_tokens":100000}""", System.Text.Encoding.UTF8, "application/json"),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Client.SendAsync(endless, soon.Token));
    }

    [Fact]
    public async Task Each_request_has_an_id_in_its_reply_and_in_the_log()
    {
        using LogCapture log = new();
        await using GuardedServer server = await GuardedServer.StartAsync((options, _) => options with { Observability = new ObservabilityOptions { LoggerFactory = log } });
        using HttpResponseMessage first = await server.SendAsync(HttpMethod.Post, "/test/fail", "{}", ("x-request-id", "mine")), second = await server.SendAsync(HttpMethod.Get, "/health");
        string id = Assert.Single(first.Headers.GetValues("x-request-id"));
        Assert.NotEqual(id, Assert.Single(second.Headers.GetValues("x-request-id")));
        Assert.Equal(HttpStatusCode.InternalServerError, first.StatusCode);
        await Task.Delay(50); // the line is written when the reply has gone
        Assert.Contains(log.Lines, line => line.Contains(id, StringComparison.Ordinal) && line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains($"{id} POST /test/fail: 500", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("mine", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_peoples_log_lines_are_reduced_to_their_events()
    {
        using LogCapture log = new();
        using PrivateLoggerFactory factory = new(log);
        ILogger foreign = factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.BadRequests"), own = factory.CreateLogger("SeekSharp.Server.Some");
        InvalidOperationException exception = new(Prompt, new FormatException(Prompt));
        foreach (ILogger logger in new[] { foreign, own })
        {
            using (logger.BeginScope(new Dictionary<string, object?> { ["RequestPath"] = Prompt })) { }
        }

        foreign.Log(LogLevel.Warning, new EventId(17, "ConnectionBadRequest"), Prompt, exception, (state, error) => $"{state} {error}");
        own.Log(LogLevel.Warning, new EventId(1), "names and counts", exception, (state, error) => $"{state} {error?.Message}");
        string all = string.Join('\n', log.Lines);
        Assert.DoesNotContain(Prompt, all, StringComparison.Ordinal);
        Assert.Contains("ConnectionBadRequest", all, StringComparison.Ordinal);
        Assert.Contains("names and counts", all, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException < System.FormatException", all, StringComparison.Ordinal);
    }
}
