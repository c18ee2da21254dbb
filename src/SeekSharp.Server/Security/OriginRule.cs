using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Security;

/// <summary>
/// Web pages of other origins get nothing, unless their origin was named. Browsers send some cross-origin requests without asking first, so that a page
/// could use the server without reading its replies: those are refused, too. Programs send none of these headers.
/// </summary>
internal sealed class OriginRule : IRequestRule
{
    private const string FetchSite = "Sec-Fetch-Site", FetchMode = "Sec-Fetch-Mode", FetchDestination = "Sec-Fetch-Dest";
    private readonly HashSet<string> _allowed;

    /// <exception cref="ArgumentException">A text is no origin.</exception>
    public OriginRule(IEnumerable<string> allowed) => _allowed = [.. allowed.Select(RequireOrigin)];

    public ApiException? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        IHeaderDictionary headers = request.Headers;
        if (headers.Origin.Count > 0) return headers.Origin is [{ } origin] && IsAllowed(context, origin) ? null : Refused;
        // Following a link is a visit; nothing else that comes from another site is.
        bool isElsewhere = headers.TryGetValue(FetchSite, out var site) && site is not ["same-origin" or "none"];
        bool isVisit = HttpMethods.IsGet(request.Method) && headers[FetchMode] is ["navigate"] && headers[FetchDestination] is ["document"];
        return isElsewhere && !isVisit ? Refused : null;
    }

    /// <summary>Whether a browser asks if a page may send what it wants to. It has no key yet.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Answers a browser's question for an origin that <see cref="Check"/> has let through.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        IHeaderDictionary asked = context.Request.Headers, answer = context.Response.Headers;
        answer.AccessControlAllowMethods = "GET, POST";
        answer.AccessControlAllowHeaders = asked.AccessControlRequestHeaders; // a star would leave out Authorization
        answer.AccessControlMaxAge = "600";
        if (asked["Access-Control-Request-Private-Network"] is ["true"]) answer["Access-Control-Allow-Private-Network"] = "true";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static ApiException Refused =>
        new(StatusCodes.Status403Forbidden, "Web pages of other origins may not call this server; an origin is let in with --allow-origin.") { Code = "origin_not_allowed" };

    private bool IsAllowed(HttpContext context, string origin)
    {
        HttpRequest request = context.Request;
        if (string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)) return true; // its own page
        if (!_allowed.Contains(origin)) return false;
        context.Features.Set(new AllowedOrigin(origin));
        return true;
    }

    private static string RequireOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text
            ? text
            : throw new ArgumentException($"'{text}' is no origin: --allow-origin takes one such as https://app.example.org, without a path.");
}
