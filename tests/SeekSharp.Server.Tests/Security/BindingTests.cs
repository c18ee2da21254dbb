using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SeekSharp.Server.Security;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Server.Tests.Security;

public class BindingTests
{
    private static readonly IPAddress s_everywhere = IPAddress.Any;

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.0.2.7")]
    [InlineData("::ffff:192.0.2.7")]
    public void Other_addresses_than_loopback_need_tls(string address)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => SeekServer.Build(new ServerOptions { Address = IPAddress.Parse(address) }));
        Assert.Contains("--certificate", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--insecure-without-tls", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_addresses_need_keys_also_where_tls_is_given_up()
    {
        Assert.True(new Binding(With(s_everywhere, new SecurityOptions { InsecureWithoutTls = true })).RequiresKeys);
        Assert.False(new Binding(With(s_everywhere, new SecurityOptions { InsecureWithoutTls = true, InsecureWithoutKeys = true })).RequiresKeys);
        Assert.False(new Binding(With(IPAddress.Loopback, new SecurityOptions())).RequiresKeys);
        Assert.False(new Binding(With(IPAddress.IPv6Loopback, new SecurityOptions())).RequiresKeys);
        Assert.True(new Binding(With(IPAddress.Loopback, new SecurityOptions { RequireKeys = true })).RequiresKeys);
        Assert.Throws<ArgumentException>(() => new Binding(With(s_everywhere, new SecurityOptions { InsecureWithoutTls = true, RequireKeys = true, InsecureWithoutKeys = true })));
        Assert.Throws<ArgumentException>(() => new Binding(With(IPAddress.Loopback, new SecurityOptions { CertificateKeyFile = "key.pem" })));
    }

    [Fact]
    public async Task On_the_network_requests_without_a_key_are_refused()
    {
        await using GuardedServer server = await GuardedServer.StartAsync((options, _) =>
            options with { Address = s_everywhere, Security = options.Security with { InsecureWithoutTls = true, HostNames = ["0.0.0.0"] } });
        string host = $"127.0.0.1:{server.Address.Port}";
        Assert.Equal("HTTP/1.1 401 Unauthorized", await Status(server, $"GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        Assert.Equal("HTTP/1.1 200 OK", await Status(server, $"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        string key = server.Keys.Create().ToString();
        Assert.Equal("HTTP/1.1 200 OK", await Status(server, $"GET /metrics HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // that these are refused is the point
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Tls_is_of_version_1_2_at_least(SslProtocols protocol, bool isServed)
    {
        if (isServed && protocol == SslProtocols.Tls13 && OperatingSystem.IsMacOS()) Assert.Skip("macOS' TLS for .NET has no version 1.3.");
        await using GuardedServer server = await GuardedServer.StartAsync((options, folder) => options with { Security = options.Security with { CertificateFile = TestCertificate.WritePem(folder) } });
        Assert.Equal("https", server.Address.Scheme);
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        using SslStream stream = new(tcp.GetStream(), false, TestCertificate.Accept);
        Task handshake = stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = TestCertificate.Name, EnabledSslProtocols = protocol });
        if (isServed) await handshake;
        else await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        if (isServed) Assert.Equal(protocol, stream.SslProtocol);
    }

    [Fact]
    public async Task Names_in_the_certificate_are_names_of_the_server_and_plain_http_is_not_spoken()
    {
        await using GuardedServer server = await GuardedServer.StartAsync((options, folder) => options with { Security = options.Security with { CertificateFile = TestCertificate.WritePem(folder) } });
        using HttpResponseMessage named = await server.SendAsync(HttpMethod.Get, "/health", null, ("Host", $"{TestCertificate.Name}:8443"));
        Assert.Equal(HttpStatusCode.OK, named.StatusCode);
        using HttpResponseMessage other = await server.SendAsync(HttpMethod.Get, "/health", null, ("Host", "other.test"));
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.StartsWith("HTTP/1.1 200", await Status(server, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal));
    }

    [Fact]
    public void Certificates_come_from_pem_and_pfx_files()
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 certificate = TestCertificate.Create();
        string pfx = Path.Combine(folder.Path, "server.pfx");
        File.WriteAllBytes(pfx, certificate.Export(X509ContentType.Pkcs12, "secret"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(pfx, UnixFileMode.UserRead);
        Assert.Equal([TestCertificate.Name], ServerCertificate.Load(pfx, null, "secret").HostNames);
        Assert.Equal([TestCertificate.Name], ServerCertificate.Load(TestCertificate.WritePem(folder.Path), null, null).HostNames);
        string pem = TestCertificate.WritePrivate(folder.Path, "cert.pem", certificate.ExportCertificatePem());
        string key = TestCertificate.WritePrivate(folder.Path, "key.pem", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        Assert.Equal([TestCertificate.Name], ServerCertificate.Load(pem, key, null).HostNames);

        foreach (var (path, keyPath, password, words) in new (string, string?, string?, string)[]
        {
            (pfx, null, "wrong", "cannot be loaded"), (pem, null, null, "cannot be loaded"), (Path.Combine(folder.Path, "none.pem"), null, null, "none.pem"), (pfx, key, "secret", "no PEM file"),
            (folder.Write("text.pem", "hello"), null, null, "text.pem"),
        })
            Assert.Contains(words, Assert.ThrowsAny<IOException>(() => ServerCertificate.Load(path, keyPath, password)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outdated_certificates_and_open_keys_are_refused()
    {
        using TemporaryFolder folder = new();
        string path = TestCertificate.WritePem(folder.Path, -10, -1);
        Assert.Contains("ended", Assert.Throws<IOException>(() => ServerCertificate.Load(path, null, null)).Message, StringComparison.Ordinal);
        path = TestCertificate.WritePem(folder.Path, 1, 10);
        Assert.Contains("begins", Assert.Throws<IOException>(() => ServerCertificate.Load(path, null, null)).Message, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<IOException>(() => ServerCertificate.Load(path, null, null)).Message, StringComparison.Ordinal);
    }

    private static ServerOptions With(IPAddress address, SecurityOptions security) => new() { Address = address, Security = security };

    private static Task<string> Status(GuardedServer server, string request) => server.SendRawAsync(request, body: false);
}
