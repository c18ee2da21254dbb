using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace SeekSharp.Server.Observability;

/// <summary>What is logged of requests: ids, routes, numbers. Paths, headers and bodies are what clients wrote, and stay out.</summary>
internal static partial class GateLog
{
    [LoggerMessage(1, LogLevel.Information, "{Request} {Method} {Route}: {Status} after {Seconds:F3} s, key '{Key}'.")]
    public static partial void Answered(ILogger logger, string request, string method, string route, int status, double seconds, string key);

    [LoggerMessage(2, LogLevel.Error, "API keys cannot be checked: {Reason}")]
    public static partial void KeysUnusable(ILogger logger, string reason);

    /// <summary>The method, where it is one that is known.</summary>
    public static string Method(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "OPTIONS" or "DELETE" => method,
        _ => "other",
    };

    /// <summary>The endpoint's pattern.</summary>
    public static string Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(none)";
}
