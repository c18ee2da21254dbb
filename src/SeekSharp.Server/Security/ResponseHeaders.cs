using Microsoft.AspNetCore.Http;

namespace SeekSharp.Server.Security;

/// <summary>What browsers must know of every reply: not to guess its type, not to keep it, not to embed it, and to load nothing from elsewhere.</summary>
internal static class ResponseHeaders
{
    /// <summary>For pages: scripts, styles, pictures and connections of the server's own only, none written into the page.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    private const string DataPolicy = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>Adds them when the reply begins, so that no error that starts it anew loses them.</summary>
    public static void Add(HttpContext context) => context.Response.OnStarting(static state =>
    {
        HttpContext context = (HttpContext)state;
        HttpResponse response = context.Response;
        IHeaderDictionary headers = response.Headers;
        bool isPage = response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) ?? false;
        headers[RequestId.Header] = context.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = isPage ? PagePolicy : DataPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (response.StatusCode == StatusCodes.Status401Unauthorized) headers.WWWAuthenticate = "Bearer";
        if (isPage) headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (context.Features.Get<AllowedOrigin>() is { } origin) origin.AddTo(headers);
        return Task.CompletedTask;
    }, context);
}
