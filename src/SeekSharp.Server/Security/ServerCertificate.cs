using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SeekSharp.Server.Security;

/// <summary>A certificate with its private key, from PEM or PFX files.</summary>
internal sealed class ServerCertificate
{
    private const long LongestFile = 1 << 20;

    private ServerCertificate(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        HostNames = [.. NamesOf(certificate)];
    }

    /// <summary>What the handshake needs. Nothing was or will be fetched for it.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>DNS names that the certificate is for; no wildcards, which name no host.</summary>
    public IReadOnlyList<string> HostNames { get; }

    /// <summary>Loads a certificate.</summary>
    /// <param name="path">PEM or PFX file.</param>
    /// <param name="keyPath">PEM file with the key; null: the same file.</param>
    /// <param name="password">Password of the PFX file or of the PEM key; null: none.</param>
    /// <exception cref="IOException">A file cannot be read, holds no certificate or key, is outdated, or its key is open to everybody.</exception>
    public static ServerCertificate Load(string path, string? keyPath, string? password)
    {
        RequirePrivate(keyPath ?? path);
        try
        {
            X509Certificate2Collection chain = [];
            bool isPem = File.ReadAllBytes(RequireShort(path)).AsSpan().IndexOf("-----BEGIN"u8) >= 0;
            X509Certificate2 certificate = isPem ? LoadPem(path, keyPath, password, chain) : LoadPfx(path, keyPath, password, chain);
            if (!certificate.HasPrivateKey) throw new IOException($"The certificate file {path} has no private key: name its file with --certificate-key.");
            DateTime now = DateTime.Now; // as X509Certificate2 has it
            if (now > certificate.NotAfter) throw new IOException($"The certificate {path} ended on {certificate.NotAfter:yyyy-MM-dd}: renew it.");
            if (now < certificate.NotBefore) throw new IOException($"The certificate {path} begins on {certificate.NotBefore:yyyy-MM-dd}: the clock is wrong, or it is too early.");
            return new ServerCertificate(certificate, chain);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or UnauthorizedAccessException)
        {
            throw new IOException($"The certificate {path} cannot be loaded: {exception.Message}", exception);
        }
    }

    private static X509Certificate2 LoadPem(string path, string? keyPath, string? password, X509Certificate2Collection chain)
    {
        X509Certificate2 certificate = password is null
            ? X509Certificate2.CreateFromPemFile(path, keyPath)
            : X509Certificate2.CreateFromEncryptedPemFile(path, password, keyPath);
        chain.ImportFromPemFile(path); // a file of intermediates begins with the certificate itself, which does no harm
        if (!OperatingSystem.IsWindows()) return certificate;
        using (certificate) // Windows' TLS takes no keys that are in memory alone
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }

    private static X509Certificate2 LoadPfx(string path, string? keyPath, string? password, X509Certificate2Collection chain)
    {
        if (keyPath is not null) throw new IOException($"The certificate {path} is no PEM file, and --certificate-key goes with PEM files only.");
        chain.AddRange(X509CertificateLoader.LoadPkcs12CollectionFromFile(path, password));
        return chain.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new IOException($"The certificate file {path} has no private key.");
    }

    private static string RequireShort(string path) => new FileInfo(path).Length <= LongestFile ? path : throw new IOException($"The file {path} is too long for a certificate.");

    private static void RequirePrivate(string path)
    {
        const UnixFileMode everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & everybody) != 0)
            throw new IOException($"Everybody can read the private key in {path}: take their rights away with chmod 600.");
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).Where(name => !name.Contains('*', StringComparison.Ordinal));
}
