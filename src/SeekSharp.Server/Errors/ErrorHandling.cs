using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SeekSharp.Server.Errors;

/// <summary>Answers every request that fails with an error that clients understand.</summary>
internal static partial class ErrorHandling
{
    public static void UseErrors(this IApplicationBuilder app, ILogger logger) => app.Use(next => async context =>
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && Explain(context) is { } error) await ApiErrors.WriteAsync(context, error);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
#pragma warning disable CA1031 // Whatever happens, the client gets an answer and the server goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ApiException error = ApiErrors.From(exception);
            if (error.Status >= StatusCodes.Status500InternalServerError && exception is not ApiException) Failed(logger, context.TraceIdentifier, exception);
            if (context.Response.HasStarted) context.Abort();
            else await ApiErrors.WriteAsync(context, error);
        }
    });

    /// <summary>What routing answers without a body.</summary>
    private static ApiException? Explain(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new ApiException(
            StatusCodes.Status404NotFound, $"There is no {Shorten(context.Request.Path)} here; GET /openapi/v1.json lists what there is."),
        StatusCodes.Status405MethodNotAllowed => new ApiException(
            StatusCodes.Status405MethodNotAllowed, $"{Shorten(context.Request.Path)} does not take {context.Request.Method}; GET /openapi/v1.json says what it takes."),
        _ => null,
    };

    private static string Shorten(PathString path) => path.Value is { Length: > 100 } text ? $"{text[..100]}..." : path.Value ?? "/";

    // The server's logger lets types and places of an exception through, not its text.
    [LoggerMessage(1, LogLevel.Error, "{Request} failed.")]
    private static partial void Failed(ILogger logger, string request, Exception exception);
}
