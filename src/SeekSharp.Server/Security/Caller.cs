using Microsoft.AspNetCore.Http;

namespace SeekSharp.Server.Security;

/// <summary>Who sends a request: the owner of an API key, or whoever is let in without one.</summary>
internal sealed class Caller
{
    private readonly MinuteBudget? _tokens;

    /// <summary>Everybody who needs no key.</summary>
    public static readonly Caller Anonymous = new("", null);

    public Caller(string tenant, MinuteBudget? tokens)
    {
        Tenant = tenant;
        _tokens = tokens;
    }

    /// <summary>Id of the key, never the key; empty for who needs none. Callers of different tenants share no cached prompt.</summary>
    public string Tenant { get; }

    /// <summary>Counts tokens towards the limit of the key. How many a reply takes is known afterwards, so that the last one may go past it.</summary>
    public void Charge(int tokens) => _tokens?.Charge(tokens);

    /// <summary>The caller of a request.</summary>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? Anonymous;
}
