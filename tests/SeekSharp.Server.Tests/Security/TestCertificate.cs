using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SeekSharp.Server.Tests.Security;

/// <summary>Makes certificates for tests.</summary>
internal static class TestCertificate
{
    public const string Name = "seek.test";

    /// <summary>Takes a test's certificate, which nobody has signed, and no other.</summary>
    public static bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate?.Subject == $"CN={Name}";

    public static X509Certificate2 Create(int firstDay = -1, int lastDay = 30)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={Name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(Name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(firstDay), DateTimeOffset.UtcNow.AddDays(lastDay));
    }

    /// <summary>Certificate and key in one PEM file that its owner reads alone.</summary>
    public static string WritePem(string folder, int firstDay = -1, int lastDay = 30)
    {
        using X509Certificate2 certificate = Create(firstDay, lastDay);
        return WritePrivate(folder, "server.pem", certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public static string WritePrivate(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
