using System.Globalization;
using Microsoft.AspNetCore.Http;
using SeekSharp.Inference;
using SeekSharp.Server.Json;
using SeekSharp.Templates;

namespace SeekSharp.Server.Errors;

/// <summary>Turns what goes wrong into what clients read: OpenAI's shape, or Anthropic's under its own path.</summary>
internal static class ApiErrors
{
    /// <summary>What an exception is for the client. Texts of exceptions that nobody wrote for clients stay here: they may quote a prompt.</summary>
    public static ApiException From(Exception exception) => exception switch
    {
        ApiException known => known,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new ApiException(StatusCodes.Status413PayloadTooLarge, "The body is larger than this server takes.") { Code = "request_too_large" },
        BadHttpRequestException bad => new ApiException(bad.StatusCode, "The request is not valid HTTP."),
        ContextOverflowException => new ApiException(StatusCodes.Status400BadRequest, exception.Message) { Code = "context_length_exceeded" },
        QueueFullException full => new ApiException(StatusCodes.Status429TooManyRequests, full.Message) { Code = "queue_full", RetryAfter = full.RetryAfter },
        TimeoutException => new ApiException(StatusCodes.Status503ServiceUnavailable, "The reply took longer than this server lets a request take.") { Code = "deadline_exceeded" },
        ChatTemplateException => new ApiException(StatusCodes.Status400BadRequest, exception.Message) { Parameter = "messages" },
        OperationCanceledException => new ApiException(StatusCodes.Status503ServiceUnavailable, "The server is stopping; try again later."),
        _ => new ApiException(StatusCodes.Status500InternalServerError, "The server failed at this request; its log names the kind of error."),
    };

    /// <summary>Answers a request whose response has not begun.</summary>
    public static Task WriteAsync(HttpContext context, ApiException error)
    {
        HttpResponse response = context.Response;
        response.Clear();
        response.StatusCode = error.Status;
        if (error.RetryAfter is { } wait)
            response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
        return IsAnthropic(context)
            ? ResponseBody.WriteAsync(context, ToAnthropic(error), ServerJson.Relaxed.AnthropicError)
            : ResponseBody.WriteAsync(context, ToOpenAI(error), ServerJson.Relaxed.ErrorResponse);
    }

    /// <summary>The error in OpenAI's shape, which is DeepSeek's too.</summary>
    public static ErrorResponse ToOpenAI(ApiException error) => new(new ErrorDetail(error.Message, error.Type, error.Parameter, error.Code));

    /// <summary>The error in Anthropic's shape.</summary>
    public static AnthropicError ToAnthropic(ApiException error) => new("error", new AnthropicErrorDetail(AnthropicType(error.Status), error.Message));

    private static bool IsAnthropic(HttpContext context) => context.Request.Path.StartsWithSegments("/anthropic");

    private static string AnthropicType(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status503ServiceUnavailable => "overloaded_error",
        >= StatusCodes.Status500InternalServerError => "api_error",
        _ => "invalid_request_error",
    };
}
