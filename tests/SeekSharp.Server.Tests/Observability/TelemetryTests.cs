using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Tests.Security;

namespace SeekSharp.Server.Tests.Observability;

/// <summary>Meters are the process's: these tests run while no other server does.</summary>
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
[Collection(nameof(TelemetryTests))]
public class TelemetryTests
{
    [Fact]
    public async Task Metrics_follow_the_conventions_and_can_be_scraped()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        for (int i = 0; i < 2; i++) (await server.SendAsync(HttpMethod.Post, "/test/generate", "{}")).Dispose();
        string text = await server.Client.GetStringAsync("/metrics");
        const string tags = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"seeksharp\",gen_ai_request_model=\"tiny\",gen_ai_response_model=\"tiny\"";
        foreach (string name in new[] { "gen_ai_server_request_duration_seconds", "gen_ai_server_time_to_first_token_seconds", "gen_ai_server_time_per_output_token_seconds" })
            Assert.Equal(2, Value(text, $"{name}_count", tags));
        Assert.Equal(40, Value(text, "gen_ai_client_token_usage_sum", "gen_ai_token_type=\"input\""));
        Assert.Equal(6, Value(text, "gen_ai_client_token_usage_sum", "gen_ai_token_type=\"output\""));
        Assert.Equal(0.8, Value(text, "seeksharp_prefix_cache_hit_rate", ""), 6);
        Assert.Equal(0, Value(text, "seeksharp_requests_active", ""));
        Assert.Contains("gen_ai_client_token_usage_bucket{", text, StringComparison.Ordinal);
        Assert.Contains("le=\"67108864\"", text, StringComparison.Ordinal); // the advised bounds
        Assert.DoesNotContain(Environment.MachineName, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_conversation_shows_in_the_metrics_of_server_and_engine()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/v1/chat/completions", """{"messages":[{"role":"user","content":"hi"}],"max_tokens":20}""");
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        string text = await server.Client.GetStringAsync("/metrics");
        Assert.Equal(1, Value(text, "gen_ai_server_request_duration_seconds_count", "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"seeksharp\",gen_ai_request_model=\"tiny\""));
        foreach (string name in new[] { "seeksharp_queue_length", "seeksharp_queue_time_seconds", "seeksharp_reply_tokens", "seeksharp_prompt_tokens", "seeksharp_cache_tokens", "seeksharp_step_time_seconds" })
            Assert.Contains($"\n{name}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_follow_the_conventions_and_continue_the_callers_trace()
    {
        List<Activity> spans = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == GenerationTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans) spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using GuardedServer server = await GuardedServer.StartAsync();
        const string trace = "0af7651916cd43dd8448eb211c80319c", parent = "b7ad6b7169203331";
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/test/generate", "{}", ("traceparent", $"00-{trace}-{parent}-01"));
        Activity span = Assert.Single(spans, span => span.TraceId.ToHexString() == trace);
        Assert.Equal(("chat tiny", ActivityKind.Server, parent), (span.DisplayName, span.Kind, span.ParentSpanId.ToHexString()));
        Dictionary<string, object?> tags = span.TagObjects.ToDictionary();
        Assert.Equal("chat", tags["gen_ai.operation.name"]);
        Assert.Equal("tiny", tags["gen_ai.request.model"]);
        Assert.Equal(20, tags["gen_ai.usage.input_tokens"]);
        Assert.Equal(16, tags["gen_ai.usage.cache_read.input_tokens"]);
        Assert.Equal(3, tags["gen_ai.usage.output_tokens"]);
        Assert.Equal(1, tags["gen_ai.usage.reasoning.output_tokens"]);
        Assert.Equal(["stop"], Assert.IsType<string[]>(tags["gen_ai.response.finish_reasons"]));
        Assert.Equal(Assert.Single(reply.Headers.GetValues("x-request-id")), tags["seeksharp.request.id"]);
        Assert.DoesNotContain("error.type", tags.Keys);
    }

    [Fact]
    public async Task Only_a_named_collector_is_called()
    {
        using TcpListener collector = new(IPAddress.Loopback, 0);
        collector.Start();
        Uri address = new($"http://127.0.0.1:{((IPEndPoint)collector.LocalEndpoint).Port}/base/");
        await using (GuardedServer silent = await GuardedServer.StartAsync())
            (await silent.SendAsync(HttpMethod.Post, "/test/generate", "{}")).Dispose();
        Assert.False(collector.Pending());

        Task<string[]> received = Receive(collector, 2);
        await using (GuardedServer server = await GuardedServer.StartAsync((options, _) => options with { Observability = new ObservabilityOptions { OtlpEndpoint = address } }))
            (await server.SendAsync(HttpMethod.Post, "/test/generate", "{}")).Dispose();
        string[] requests = await received.WaitAsync(TimeSpan.FromSeconds(20)); // stopping hands on what is left
        Assert.Contains(requests, request => request.StartsWith("POST /base/v1/metrics ", StringComparison.Ordinal));
        Assert.Contains(requests, request => request.StartsWith("POST /base/v1/traces ", StringComparison.Ordinal));
    }

    private static async Task<string[]> Receive(TcpListener listener, int count)
    {
        List<string> requests = [];
        while (requests.Count < count)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            byte[] buffer = new byte[1 << 16];
            int read = await stream.ReadAsync(buffer);
            requests.Add(Encoding.Latin1.GetString(buffer, 0, read));
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }

        return [.. requests];
    }

    private static double Value(string text, string name, string tags)
    {
        string line = Assert.Single(text.Split('\n'), line => (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)) && line.Contains(tags, StringComparison.Ordinal));
        string rest = line[(line.LastIndexOf('}') + 1)..].TrimStart();
        string number = rest.StartsWith(name, StringComparison.Ordinal) ? rest[name.Length..].Trim() : rest;
        return double.Parse(number.Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
