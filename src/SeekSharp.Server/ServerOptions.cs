using System.Net;
using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Security;

namespace SeekSharp.Server;

/// <summary>How a server listens and what it serves. Nothing else decides: no environment variable, no settings file.</summary>
public sealed record ServerOptions
{
    /// <summary>The port used where none is named: 8080.</summary>
    public const int DefaultPort = 8080;

    /// <summary>The one address that is listened on. Default: loopback, which other machines cannot reach.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes a free one. Default <see cref="DefaultPort"/>.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>The models that may be asked for; the first one is the default.</summary>
    public IReadOnlyList<ServedModel> Models { get; init; } = [];

    /// <summary>Who may use the server, and over what.</summary>
    public SecurityOptions Security { get; init; } = new();

    /// <summary>Who learns what the server does.</summary>
    public ObservabilityOptions Observability { get; init; } = new();
}
