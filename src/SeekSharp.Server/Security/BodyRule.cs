using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace SeekSharp.Server.Security;

/// <summary>
/// A body is JSON, says so, and is not too long. A form of any web page can send text or form fields to any server; a browser that sends JSON asks first.
/// </summary>
internal sealed class BodyRule : IRequestRule
{
    public Refusal? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength is not 0 and not null;
        if (!hasBody && !HttpMethods.IsPost(request.Method)) return null;
        if (!IsJson(request.ContentType)) return Refusal.Invalid(StatusCodes.Status415UnsupportedMediaType, "unsupported_content_type", "The body must be JSON: send it with Content-Type: application/json.");
        if (request.Headers.ContentEncoding.Count > 0) return Refusal.Invalid(StatusCodes.Status415UnsupportedMediaType, "unsupported_content_encoding", "The body must not be compressed.");
        return request.ContentLength > RequestLimits.BodyBytes ? TooLong : null;
    }

    /// <summary>The body goes on past the limit.</summary>
    public static Refusal TooLong { get; } =
        Refusal.Invalid(StatusCodes.Status413PayloadTooLarge, "request_too_large", $"The body has more than {RequestLimits.BodyBytes} bytes.");

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
}
