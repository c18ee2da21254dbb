using System.Net;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Tests.Security;

public class HostRuleTests
{
    private static readonly HostRule s_rule = new(["ai.example.org", "fixed.example.org:8443", "[2001:db8::1]:99"]);

    [Theory]
    [InlineData("localhost:8080", true)]
    [InlineData("LocalHost:8080", true)]
    [InlineData("localhost.:8080", true)]
    [InlineData("127.0.0.1:8080", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("ai.example.org", true)]
    [InlineData("AI.example.org.:1234", true)]
    [InlineData("fixed.example.org:8443", true)]
    [InlineData("fixed.example.org", false)]
    [InlineData("fixed.example.org:8080", false)]
    [InlineData("[2001:db8::1]:99", true)]
    [InlineData("", false)]
    [InlineData("localhost", false)] // means port 80
    [InlineData("localhost:8081", false)]
    [InlineData("localhost:08080000", false)]
    [InlineData("localhost:", false)]
    [InlineData("localhost:+8080", false)]
    [InlineData("localhost..:8080", false)]
    [InlineData("attacker.example:8080", false)]
    [InlineData("localhost.attacker.example:8080", false)]
    [InlineData("127.0.0.1.attacker.example:8080", false)]
    [InlineData("sub.localhost:8080", false)]
    [InlineData("127.0.0.2:8080", false)]
    [InlineData("0.0.0.0:8080", false)]
    [InlineData("127.1:8080", false)]
    [InlineData("2130706433:8080", false)]
    [InlineData("0x7f.0.0.1:8080", false)]
    [InlineData("[::ffff:127.0.0.1]:8080", false)]
    [InlineData("[::1:8080", false)]
    [InlineData("::1", false)]
    [InlineData("user@localhost:8080", false)]
    [InlineData("localhost:8080,attacker.example", false)]
    [InlineData("localhost/..:8080", false)]
    public void Only_names_of_this_server_pass(string host, bool passes) =>
        Assert.Equal(passes, s_rule.Accepts(new HostString(host), IPAddress.Loopback, 8080, isHttps: false));

    [Fact]
    public void The_usual_port_may_be_left_out()
    {
        Assert.True(s_rule.Accepts(new HostString("localhost"), IPAddress.Loopback, 80, isHttps: false));
        Assert.True(s_rule.Accepts(new HostString("localhost"), IPAddress.Loopback, 443, isHttps: true));
        Assert.False(s_rule.Accepts(new HostString("localhost"), IPAddress.Loopback, 80, isHttps: true));
    }

    [Theory]
    [InlineData("192.0.2.7:8080", "192.0.2.7", true)]
    [InlineData("192.0.2.7:8080", "::ffff:192.0.2.7", true)] // a socket for both families
    [InlineData("192.0.2.8:8080", "192.0.2.7", false)]
    [InlineData("localhost:8080", "192.0.2.7", false)] // a page cannot reach the network address under the name of loopback
    [InlineData("[2001:db8::7]:8080", "2001:db8::7", true)]
    [InlineData("[2001:DB8::7]:8080", "2001:db8::7", true)]
    [InlineData("[2001:db8:0::7]:8080", "2001:db8::7", false)]
    public void On_the_network_the_host_is_the_address_that_the_connection_came_to(string host, string local, bool passes) =>
        Assert.Equal(passes, s_rule.Accepts(new HostString(host), IPAddress.Parse(local), 8080, isHttps: false));

    [Theory]
    [InlineData("")]
    [InlineData("https://ai.example.org")]
    [InlineData("a b")]
    [InlineData("*")]
    public void Names_are_checked(string name) => Assert.Throws<ArgumentException>(() => new HostRule([name]));

    [Fact]
    public async Task A_rebound_name_gets_nothing_whatever_it_asks_for()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        foreach (string path in new[] { "/health", "/metrics", "/v1/models", "/" })
        {
            string reply = await server.SendRawAsync($"GET {path} HTTP/1.1\r\nHost: attacker.example:{server.Address.Port}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 403", reply, StringComparison.Ordinal);
            Assert.Contains("\"code\":\"host_not_allowed\"", reply, StringComparison.Ordinal);
            Assert.DoesNotContain("attacker", reply, StringComparison.Ordinal);
        }

        // A whole address in the request line is what proxies send.
        string absolute = await server.SendRawAsync("GET http://attacker.example/health HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", absolute, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403", await server.SendRawAsync("GET /health HTTP/1.0\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await server.SendRawAsync($"GET /health HTTP/1.1\r\nHost: localhost:{server.Address.Port}\r\nHost: attacker.example\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_proxies_change_nothing()
    {
        await using GuardedServer server = await GuardedServer.StartAsync();
        using HttpResponseMessage reply = await server.SendAsync(
            HttpMethod.Get, "/health", null, ("Host", "attacker.example"), ("X-Forwarded-Host", server.Address.Authority), ("Forwarded", $"host={server.Address.Authority}"));
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }
}
