using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeekSharp.Server.Observability;

namespace SeekSharp.Server.Security;

/// <summary>
/// Stands before all endpoints: names the request, checks each rule, says what went wrong in the shape of the API, and logs one line. What a request holds
/// is in none of that.
/// </summary>
internal sealed class SecurityGate(HostRule host, OriginRule origin, KeyRule key, BodyRule body, ILogger<SecurityGate> log, TimeProvider time)
{
    private const string OpenPath = "/health"; // says that there is a server, which a connection has said already

    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        long start = time.GetTimestamp();
        RequestId.Assign(context);
        ResponseHeaders.Add(context);
        try
        {
            await AnswerAsync(context, next).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await ExplainAsync(context, exception).ConfigureAwait(false);
        }
        finally
        {
            GateLog.Answered(
                log, context.TraceIdentifier, GateLog.Method(context), GateLog.Route(context), context.Response.StatusCode, time.GetElapsedTime(start).TotalSeconds, Caller.Of(context).Tenant);
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if ((host.Check(context) ?? origin.Check(context)) is { } refusal)
        {
            await refusal.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        if (OriginRule.IsPreflight(context.Request))
        {
            OriginRule.AnswerPreflight(context);
            return;
        }

        bool isOpen = context.Request.Path.Equals(OpenPath, StringComparison.Ordinal);
        refusal = (isOpen ? null : key.Check(context)) ?? body.Check(context);
        await (refusal is null ? next(context) : refusal.WriteAsync(context)).ConfigureAwait(false);
    }

    private async Task ExplainAsync(HttpContext context, Exception exception)
    {
        Refusal refusal = exception is BadHttpRequestException bad
            ? bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? BodyRule.TooLong : Refusal.Invalid(bad.StatusCode, "bad_request", "The request is malformed, or came too slowly.")
            : new Refusal(StatusCodes.Status500InternalServerError, "server_error", "internal_error", $"Something went wrong here; the log has it under {context.TraceIdentifier}.");
        if (refusal.Status >= StatusCodes.Status500InternalServerError) GateLog.Failed(log, context.TraceIdentifier, exception);
        context.Response.Clear();
        await refusal.WriteAsync(context).ConfigureAwait(false);
    }
}
