using System.Net;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Tests.Security;

public class OriginRuleTests
{
    private const string App = "https://app.example.org";

    [Theory]
    [InlineData("https://attacker.example")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("http://localhost:1")]
    [InlineData("https://app.example.org:8443")]
    [InlineData("http://app.example.org")]
    [InlineData("https://app.example.org.attacker.example")]
    [InlineData("https://app.example.org/")]
    public async Task Pages_of_other_origins_are_refused(string origin)
    {
        await using GuardedServer server = await WithApp();
        foreach (HttpMethod method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Options })
        {
            using HttpResponseMessage reply = await server.SendAsync(
                method, "/test/read", method == HttpMethod.Post ? "{}" : null, ("Origin", origin), ("Access-Control-Request-Method", "POST"));
            Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
            Assert.DoesNotContain(reply.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task The_servers_own_pages_and_programs_are_served()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        Assert.Equal(HttpStatusCode.OK, await Post(server, ("Origin", server.Address.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin")));
        Assert.Equal(HttpStatusCode.OK, await Post(server));
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")] // another port of localhost
    [InlineData("anything")]
    public async Task Requests_from_other_sites_are_refused_also_without_an_origin(string site)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await Post(server, ("Sec-Fetch-Site", site)));
        Assert.Equal(HttpStatusCode.Forbidden, await Get(server, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")));
        Assert.Equal(HttpStatusCode.Forbidden, await Get(server, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")));
        Assert.Equal(HttpStatusCode.OK, await Get(server, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))); // a link
    }

    [Fact]
    public async Task A_named_origin_may_ask_and_call()
    {
        await using GuardedServer server = await WithApp();
        using HttpResponseMessage preflight = await server.SendAsync(
            HttpMethod.Options, "/test/read", null, ("Origin", App), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type"));
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(App, Header(preflight, "Access-Control-Allow-Origin"));
        Assert.Contains("authorization", Header(preflight, "Access-Control-Allow-Headers"), StringComparison.Ordinal);
        Assert.Contains("POST", Header(preflight, "Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Credentials"));

        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/test/read", "{}", ("Origin", App), ("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal(App, Header(reply, "Access-Control-Allow-Origin"));
        Assert.Equal("Origin", Header(reply, "Vary"));

        // Errors can be read, too.
        using HttpResponseMessage failed = await server.SendAsync(HttpMethod.Post, "/test/fail", "{}", ("Origin", App));
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Equal(App, Header(failed, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/jsonp")]
    [InlineData("text/plain; application/json")]
    public async Task Bodies_that_a_form_can_send_are_refused(string type)
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await Post(server, ("Content-Type", type)));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("https://app.example.org/")]
    [InlineData("https://*.example.org")]
    [InlineData("app.example.org")]
    [InlineData("file:///tmp")]
    [InlineData("null")]
    public void Only_origins_can_be_named(string origin) => Assert.Throws<ArgumentException>(() => new OriginRule([origin]));

    [Fact]
    public async Task Every_reply_tells_browsers_to_keep_to_this_server()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        foreach (string path in new[] { "/health", "/metrics", "/none", "/test/page" })
        {
            using HttpResponseMessage reply = await server.Client.GetAsync(path);
            Assert.Equal("nosniff", Header(reply, "X-Content-Type-Options"));
            Assert.True(reply.Headers.CacheControl!.NoStore);
            Assert.Equal("no-referrer", Header(reply, "Referrer-Policy"));
            Assert.StartsWith("req_", Header(reply, "x-request-id"), StringComparison.Ordinal);
            Assert.False(reply.Headers.Contains("Server"));
            string policy = Header(reply, "Content-Security-Policy");
            Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("//", policy, StringComparison.Ordinal);
            Assert.Equal(path == "/test/page", policy.Contains("script-src 'self';", StringComparison.Ordinal));
        }
    }

    private static Task<GuardedServer> WithApp() => GuardedServer.StartAsync((options, _) => options with { Security = options.Security with { AllowedOrigins = [App] } });

    private static async Task<HttpStatusCode> Post(GuardedServer server, params (string, string)[] headers)
    {
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Post, "/test/read", "{}", headers);
        return reply.StatusCode;
    }

    private static async Task<HttpStatusCode> Get(GuardedServer server, params (string, string)[] headers)
    {
        using HttpResponseMessage reply = await server.SendAsync(HttpMethod.Get, "/test/page", null, headers);
        return reply.StatusCode;
    }

    private static string Header(HttpResponseMessage reply, string name) => string.Join(", ", reply.Headers.GetValues(name));
}
