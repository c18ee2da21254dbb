namespace SeekSharp.Server.Security;

/// <summary>Who may use a server, and over what. The defaults suit loopback; what another address needs is checked when the server is built.</summary>
public sealed record SecurityOptions
{
    /// <summary>Certificate for TLS: a PEM file, the intermediate certificates behind the server's own, or a PFX file. Null: no TLS.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the certificate's private key; null: it is in <see cref="CertificateFile"/>.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>Password of the PFX file or of the encrypted key; null: there is none.</summary>
    public string? CertificatePassword { get; init; }

    /// <summary>Whether requests need an API key on loopback, too. On any other address they do. Default false.</summary>
    public bool RequireKeys { get; init; }

    /// <summary>Folder of the API keys that <c>seek keys</c> makes; null: "seeksharp/keys" in the user's folder for data.</summary>
    public string? KeyFolder { get; init; }

    /// <summary>Lets an address other than loopback go without TLS: everybody on the way reads prompts, replies and keys. Default false.</summary>
    public bool InsecureWithoutTls { get; init; }

    /// <summary>Lets an address other than loopback go without keys: everybody who reaches it may use it. Default false.</summary>
    public bool InsecureWithoutKeys { get; init; }

    /// <summary>
    /// Names by which clients call the server besides its address and those in its certificate, with a port ("ai.example.org:8443") or, for any port, without.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Origins of web pages that may call the server, such as "https://app.example.org". Default: none but its own pages.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Requests per minute of a key that has no limit of its own; 0: no limit. Default 600.</summary>
    public int RequestsPerMinute { get; init; } = 600;

    /// <summary>Tokens of prompts and replies per minute of a key that has no limit of its own; 0: no limit. Default 0.</summary>
    public int TokensPerMinute { get; init; }
}
