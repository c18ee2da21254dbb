using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace SeekSharp.Server.Security;

/// <summary>What a server listens on: one address, with TLS where others could listen in.</summary>
internal sealed class Binding
{
    private readonly ServerOptions _options;

    /// <summary>Checks that the address is as closed as it must be.</summary>
    /// <exception cref="ArgumentException">It is not: the message says what is missing.</exception>
    /// <exception cref="IOException">The certificate cannot be used.</exception>
    public Binding(ServerOptions options)
    {
        SecurityOptions security = options.Security;
        bool isLoopback = IPAddress.IsLoopback(options.Address), hasTls = security.CertificateFile is not null;
        if (!hasTls && (security.CertificateKeyFile ?? security.CertificatePassword) is not null)
            throw new ArgumentException("A certificate's key or password without a certificate: name its file with --certificate.");
        if (!isLoopback && !hasTls && !security.InsecureWithoutTls)
        {
            throw new ArgumentException(
                $"Other machines can reach {options.Address}: give a certificate with --certificate, or let everybody on the way read prompts, replies and keys with --insecure-without-tls.");
        }

        if (hasTls && security.InsecureWithoutTls) throw new ArgumentException("--certificate and --insecure-without-tls exclude each other.");
        if (security.RequireKeys && security.InsecureWithoutKeys) throw new ArgumentException("--require-keys and --insecure-without-keys exclude each other.");
        _options = options;
        RequiresKeys = security.RequireKeys || (!isLoopback && !security.InsecureWithoutKeys);
        Certificate = hasTls ? ServerCertificate.Load(security.CertificateFile!, security.CertificateKeyFile, security.CertificatePassword) : null;
    }

    /// <summary>Whether a request without a key is refused.</summary>
    public bool RequiresKeys { get; }

    /// <summary>The certificate, or null without TLS.</summary>
    public ServerCertificate? Certificate { get; }

    public void Listen(KestrelServerOptions kestrel) => kestrel.Listen(_options.Address, _options.Port, listen =>
    {
        listen.Protocols = Certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (Certificate is not { } certificate) return;
        SslServerAuthenticationOptions handshake = new()
        {
            // The context was made offline: the usual way looks for intermediate certificates and revocation answers in the network.
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        };
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = RequestLimits.HandshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(handshake),
        });
    });
}
