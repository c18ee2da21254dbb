using System.Net;
using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Security;

/// <summary>
/// The Host header must name the address that the request came to. A web page whose own name is made to point to this machine (DNS rebinding) is of the
/// server's origin for its browser, and only this header tells.
/// </summary>
internal sealed class HostRule(IEnumerable<string> names) : IRequestRule
{
    private readonly HashSet<(string Name, int? Port)> _names = [.. names.Select(ParseName)];

    public ApiException? Check(HttpContext context)
    {
        ConnectionInfo connection = context.Connection;
        return connection.LocalIpAddress is { } address && Accepts(context.Request.Host, address, connection.LocalPort, context.Request.IsHttps)
            ? null
            : new ApiException(StatusCodes.Status403Forbidden, "The Host header does not name this server; names other than its address are given with --host-name.") { Code = "host_not_allowed" };
    }

    /// <summary>Whether a Host header names the address and port that a connection came to.</summary>
    internal bool Accepts(HostString host, IPAddress address, int localPort, bool isHttps)
    {
        if (!TrySplit(host, out string name, out int? port)) return false;
        int actualPort = port ?? (isHttps ? 443 : 80);
        if (_names.Contains((name, null)) || _names.Contains((name, actualPort))) return true;
        if (actualPort != localPort) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) && name is "localhost" or "127.0.0.1" or "[::1]") return true;
        // A number is nobody's name that could be made to point elsewhere. Odd spellings, such as 127.1, come from no client.
        return IPAddress.TryParse(name, out IPAddress? literal) && literal.Equals(address) && Spelling(literal) == name;
    }

    private static bool TrySplit(HostString host, out string name, out int? port)
    {
        name = "";
        port = null;
        if (!host.HasValue || host.Value.Length > 260) return false;
        string text = host.Value;
        int colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            if (host.Port is not (> 0 and <= ushort.MaxValue) || !text.AsSpan(colon + 1).ContainsOnlyDigits()) return false;
            port = host.Port;
            text = text[..colon];
        }

        name = Normal(text);
        return name.Length > 0;
    }

    /// <summary>Names are compared without capitals, and without the dot that ends a full one.</summary>
    private static string Normal(string name) => (name.EndsWith('.') ? name[..^1] : name).ToLowerInvariant();

    private static string Spelling(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();

    private static (string Name, int? Port) ParseName(string text)
    {
        if (Uri.CheckHostName(text.Trim('[', ']')) != UriHostNameType.Unknown) return (Normal(text), null);
        HostString host = new(text);
        return TrySplit(host, out string name, out int? port) && Uri.CheckHostName(name.Trim('[', ']')) != UriHostNameType.Unknown
            ? (name, port)
            : throw new ArgumentException($"'{text}' is no name of a host: give one such as ai.example.org or ai.example.org:8443 with --host-name.");
    }
}

file static class Digits
{
    public static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9');
}
