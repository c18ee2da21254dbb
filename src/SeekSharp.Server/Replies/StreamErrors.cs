using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.Replies;

/// <summary>What fails when a stream has begun becomes its last event.</summary>
internal static class StreamErrors
{
    /// <summary>Runs the rest of a stream; a failure is sent as an error in OpenAI's shape.</summary>
    public static Task GuardAsync(HttpContext context, EventStream stream, Func<Task> rest) =>
        GuardAsync(context, rest, error => stream.WriteAsync(ApiErrors.ToOpenAI(error), ServerJson.Relaxed.ErrorResponse));

    /// <summary>Runs the rest of a stream; a failure is sent as <paramref name="send"/> has it.</summary>
    public static async Task GuardAsync(HttpContext context, Func<Task> rest, Func<ApiException, ValueTask> send)
    {
        try
        {
            await rest();
        }
#pragma warning disable CA1031 // The client of a stream learns of every failure.
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await send(ApiErrors.From(exception));
        }
    }
}
