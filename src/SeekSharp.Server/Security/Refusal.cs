using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SeekSharp.Server.Security;

/// <summary>Why a request is not served. The texts name rules, never what the client sent.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">Kind of error, as OpenAI's API has it.</param>
/// <param name="Code">Which error.</param>
/// <param name="Message">One sentence: what, and how to put it right.</param>
/// <param name="RetryAfter">When it may work, or null where trying again does not help.</param>
internal sealed record Refusal(int Status, string Type, string Code, string Message, TimeSpan? RetryAfter = null)
{
    /// <summary>A request that its sender must change.</summary>
    public static Refusal Invalid(int status, string code, string message) => new(status, "invalid_request_error", code, message);

    /// <summary>Answers with the error, in the shape of the API that was called.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        if (Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } time) response.Headers.RetryAfter = Math.Ceiling(Math.Max(1, time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(context.Request.Method)) return;
        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter json = new(body))
        {
            if (context.Request.Path.StartsWithSegments("/anthropic", StringComparison.Ordinal)) WriteAnthropic(json);
            else WriteOpenAi(json);
        }

        await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private void WriteOpenAi(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", Message);
        json.WriteString("type", Type);
        json.WriteNull("param");
        json.WriteString("code", Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteAnthropic(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", Status switch
        {
            StatusCodes.Status401Unauthorized => "authentication_error",
            StatusCodes.Status403Forbidden => "permission_error",
            StatusCodes.Status413PayloadTooLarge => "request_too_large",
            StatusCodes.Status429TooManyRequests => "rate_limit_error",
            >= 500 => "api_error",
            _ => "invalid_request_error",
        });
        json.WriteString("message", Message);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
