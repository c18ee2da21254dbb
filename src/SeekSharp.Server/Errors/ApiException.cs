using Microsoft.AspNetCore.Http;

namespace SeekSharp.Server.Errors;

/// <summary>A request that is not served, with what its client gets to read.</summary>
/// <param name="status">Status code.</param>
/// <param name="message">One sentence: what is wrong, where, and what to do.</param>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>Status code.</summary>
    public int Status => status;

    /// <summary>OpenAI's kind of error.</summary>
    public string Type { get; init; } = TypeFor(status);

    /// <summary>OpenAI's code of the error, or null.</summary>
    public string? Code { get; init; }

    /// <summary>The field that is wrong, or null.</summary>
    public string? Parameter { get; init; }

    /// <summary>When to try again, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field has a value that it cannot have.</summary>
    public static ApiException Invalid(string parameter, string message) =>
        new(StatusCodes.Status400BadRequest, message) { Parameter = parameter, Code = "invalid_value" };

    /// <summary>A field asks for what is not there yet.</summary>
    public static ApiException Unsupported(string parameter, string message) =>
        new(StatusCodes.Status400BadRequest, message) { Parameter = parameter, Code = "unsupported_value" };

    private static string TypeFor(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status503ServiceUnavailable => "service_unavailable_error",
        >= StatusCodes.Status500InternalServerError => "server_error",
        _ => "invalid_request_error",
    };
}
