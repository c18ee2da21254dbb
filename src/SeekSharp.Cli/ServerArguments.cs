using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Logging;
using SeekSharp.Server;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Security;

namespace SeekSharp.Cli;

/// <summary>What "seek serve" takes for who may use the server, over what, and who learns what it does.</summary>
internal static class ServerArguments
{
    private static readonly Option<IPAddress> Address = new("--address")
    {
        Description = "Address of this machine to listen on; default: 127.0.0.1. Any other needs --certificate and keys ('seek keys create')",
        HelpName = "IP",
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out var address)) return address;
            result.AddError($"--address must be an address of this machine such as 127.0.0.1, or 0.0.0.0 for all, not '{result.Tokens[0].Value}'.");
            return null;
        },
        DefaultValueFactory = _ => IPAddress.Loopback,
    };

    private static readonly Option<string?> Certificate = File("--certificate", "Certificate for TLS: PEM (with the intermediates behind it) or PFX");
    private static readonly Option<string?> CertificateKey = File("--certificate-key", "PEM file with the certificate's private key, if it is in another file");
    private static readonly Option<string?> PasswordFile = File("--certificate-password-file", "File with the password of the certificate or its key");
    private static readonly Option<bool> RequireKeys = CommonOptions.Flag("--require-keys", "Refuse requests without an API key on loopback, too");
    private static readonly Option<bool> WithoutTls = CommonOptions.Flag("--insecure-without-tls", "Listen on the network without TLS: everybody on the way can read prompts, replies and keys");
    private static readonly Option<bool> WithoutKeys = CommonOptions.Flag("--insecure-without-keys", "Listen on the network without keys: everybody who reaches the address can use the server");
    private static readonly Option<string[]> HostNames = Several("--host-name", "Further name by which clients call this server, such as ai.example.org", "NAME");
    private static readonly Option<string[]> Origins = Several("--allow-origin", "Origin of web pages that may call this server, such as https://app.example.org; default: none", "ORIGIN");
    private static readonly Option<int> Requests = CommonOptions.Integer("--requests-per-minute", "Requests per minute of a key without a limit of its own; 0: no limit", 0, int.MaxValue, 600);
    private static readonly Option<int> Tokens = CommonOptions.Integer("--tokens-per-minute", "Tokens per minute of a key without a limit of its own; 0: no limit", 0, int.MaxValue, 0);
    private static readonly Option<Uri> Otlp = CommonOptions.Address("--otlp", "OpenTelemetry collector that gets metrics and traces (OTLP over HTTP); default: nobody does");

    public static void AddTo(Command command)
    {
        Option[] options = [Address, Certificate, CertificateKey, PasswordFile, RequireKeys, WithoutTls, WithoutKeys, HostNames, Origins, Requests, Tokens, Otlp];
        foreach (var option in options) command.Add(option);
    }

    /// <summary>Options with what the command line says of all this.</summary>
    public static ServerOptions Apply(ServerOptions options, ParseResult parsed, ILoggerFactory? log) => options with
    {
        Address = parsed.GetRequiredValue(Address),
        Security = new SecurityOptions
        {
            CertificateFile = parsed.GetValue(Certificate),
            CertificateKeyFile = parsed.GetValue(CertificateKey),
            CertificatePassword = parsed.GetValue(PasswordFile) is { } path ? System.IO.File.ReadAllText(path).TrimEnd('\r', '\n') : null,
            RequireKeys = parsed.GetValue(RequireKeys),
            InsecureWithoutTls = parsed.GetValue(WithoutTls),
            InsecureWithoutKeys = parsed.GetValue(WithoutKeys),
            HostNames = parsed.GetValue(HostNames) ?? [],
            AllowedOrigins = parsed.GetValue(Origins) ?? [],
            RequestsPerMinute = parsed.GetValue(Requests),
            TokensPerMinute = parsed.GetValue(Tokens),
        },
        Observability = new ObservabilityOptions { LoggerFactory = log, OtlpEndpoint = parsed.GetValue(Otlp) },
    };

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    private static Option<string[]> Several(string name, string description, string help) => new(name) { Description = description + " (may be given several times)", HelpName = help };
}
