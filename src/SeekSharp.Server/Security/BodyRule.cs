using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using SeekSharp.Server.Errors;

namespace SeekSharp.Server.Security;

/// <summary>
/// A body is JSON, says so, and is not too long. A form of any web page can send text or form fields to any server; a browser that sends JSON asks first.
/// </summary>
internal sealed class BodyRule : IRequestRule
{
    public ApiException? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        bool hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength is not 0 and not null;
        if (!hasBody && !HttpMethods.IsPost(request.Method)) return null;
        if (!IsJson(request.ContentType)) return Unsupported("The body must be JSON; send it with the header Content-Type: application/json.");
        if (request.Headers.ContentEncoding.Count > 0) return Unsupported("The body must not be compressed.");
        return request.ContentLength > RequestLimits.BodyBytes
            ? new ApiException(StatusCodes.Status413PayloadTooLarge, $"The body is larger than the {RequestLimits.BodyBytes} bytes that this server takes.") { Code = "request_too_large" }
            : null;
    }

    private static ApiException Unsupported(string message) => new(StatusCodes.Status415UnsupportedMediaType, message) { Code = "unsupported_content_type" };

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
}
