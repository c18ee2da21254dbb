using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Tests.Security;

public class RequestLimitsTests
{
    [Fact]
    public async Task Bodies_have_a_limit_told_or_not()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string host = server.Address.Authority;
        string told = await server.SendRawAsync(
            $"POST /test/read HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {RequestLimits.BodyBytes + 1}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413", told, StringComparison.Ordinal);
        Assert.Contains("request_too_large", told, StringComparison.Ordinal);

        using HttpRequestMessage untold = new(HttpMethod.Post, "/test/read") { Content = new EndlessContent(RequestLimits.BodyBytes + 1) };
        using HttpResponseMessage reply = await server.Client.SendAsync(untold);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);

        using HttpResponseMessage most = await server.SendAsync(HttpMethod.Post, "/test/read", new string(' ', (int)RequestLimits.BodyBytes));
        Assert.Equal(HttpStatusCode.OK, most.StatusCode);
    }

    [Fact]
    public async Task Request_line_and_headers_have_limits()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string host = server.Address.Authority;
        string manyHeaders = string.Concat(Enumerable.Range(0, RequestLimits.HeaderCount).Select(i => $"x-{i}: 1\r\n"));
        Assert.Equal("HTTP/1.1 414 URI Too Long", await server.SendRawAsync($"GET /{new string('a', RequestLimits.RequestLineBytes)} HTTP/1.1\r\nHost: {host}\r\n\r\n", body: false));
        Assert.StartsWith("HTTP/1.1 431", await server.SendRawAsync($"GET /health HTTP/1.1\r\nHost: {host}\r\n{manyHeaders}\r\n", body: false), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431", await server.SendRawAsync($"GET /health HTTP/1.1\r\nHost: {host}\r\nx: {new string('a', RequestLimits.HeaderBytes)}\r\n\r\n", body: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compressed_bodies_are_refused()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string reply = await server.SendRawAsync(
            $"POST /test/read HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 415", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_lengths_are_no_way_past_the_gate()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string start = $"POST /test/read HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Type: application/json\r\n";
        Assert.StartsWith("HTTP/1.1 400", await server.SendRawAsync($"{start}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}} ", body: false), StringComparison.Ordinal);
        // A chunked body wins over a length, and the connection ends with it.
        string both = await server.SendRawAsync($"{start}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\n\r\n");
        Assert.Equal(1, both.Split("HTTP/1.1 ").Length - 1);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "\"function\":{\"name\":\"f\",\"parameters\":SCHEMA}")]
    [InlineData("/anthropic/v1/messages", "\"name\":\"f\",\"input_schema\":SCHEMA")]
    public async Task Depth_and_schemas_have_limits(string path, string tool)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", RequestLimits.JsonDepth)) + "1" + new string('}', RequestLimits.JsonDepth);
        string large = $$"""{"description":"{{new string('x', RequestLimits.SchemaBytes)}}"}""";
        foreach (var (schema, status) in new[] { ("{\"type\":\"object\"}", HttpStatusCode.OK), (deep, HttpStatusCode.BadRequest), (large, HttpStatusCode.BadRequest), ("[]", HttpStatusCode.BadRequest) })
        {
            string body = $$"""{"messages":[{"role":"user","content":"hi"}],"max_tokens":1,"tools":[{ {{tool.Replace("SCHEMA", schema, StringComparison.Ordinal)}} }]}""";
            using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, path, body);
            Assert.Equal(status, reply.StatusCode);
        }
    }

    [Fact]
    public async Task Every_limit_of_the_web_server_is_set()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        KestrelServerOptions kestrel = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        Assert.Equal(RequestLimits.Connections, kestrel.Limits.MaxConcurrentConnections);
        Assert.Equal(RequestLimits.HeadersTimeout, kestrel.Limits.RequestHeadersTimeout);
        Assert.Equal(RequestLimits.BodyRate, kestrel.Limits.MinRequestBodyDataRate);
        Assert.Equal(RequestLimits.ReplyRate, kestrel.Limits.MinResponseDataRate);
        Assert.Equal(RequestLimits.KeepAlive, kestrel.Limits.KeepAliveTimeout);
        Assert.False(kestrel.AddServerHeader);
    }

    [Fact(Explicit = true)] // waits for real timeouts: 25 s
    public async Task Slow_clients_lose_their_connections()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        string host = server.Address.Authority;
        Task<double> headers = Hold(server.Address.Port, $"GET /health HTTP/1.1\r\nHost: {host}\r\n", "x: 1\r\n");
        Task<double> body = Hold(server.Address.Port, $"POST /test/read HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", " ");
        Assert.InRange(await headers, 5, 20);
        Assert.InRange(await body, 3, 20);
    }

    /// <summary>Sends a start, then a drop each second; returns the seconds until the server has had enough.</summary>
    private static async Task<double> Hold(int port, string start, string drop)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream stream = client.GetStream();
        Stopwatch watch = Stopwatch.StartNew();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(start));
        byte[] buffer = new byte[4096];
        Task<int> read = stream.ReadAsync(buffer).AsTask();
        try
        {
            while (watch.Elapsed.TotalSeconds < 60 && await Task.WhenAny(read, Task.Delay(1000)) != read) await stream.WriteAsync(Encoding.ASCII.GetBytes(drop));
        }
        catch (IOException)
        {
            // the connection is gone
        }

        return watch.Elapsed.TotalSeconds;
    }

    private sealed class EndlessContent : HttpContent
    {
        private readonly long _length;

        public EndlessContent(long length)
        {
            _length = length;
            Headers.ContentType = new("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] chunk = new byte[1 << 16];
            try
            {
                for (long sent = 0; sent < _length; sent += chunk.Length) await stream.WriteAsync(chunk);
            }
            catch (IOException)
            {
                // refused before the end
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
