using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeekSharp.Server.Observability;

namespace SeekSharp.Server.Security;

/// <summary>Around everything else: names the request, adds the headers that each reply has, and logs one line when it has been answered.</summary>
internal sealed class RequestFrame(ILogger<RequestFrame> log, TimeProvider time)
{
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        long start = time.GetTimestamp();
        RequestId.Assign(context);
        ResponseHeaders.Add(context);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            int status = context.RequestAborted.IsCancellationRequested ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode;
            double seconds = time.GetElapsedTime(start).TotalSeconds;
            GateLog.Answered(log, context.TraceIdentifier, GateLog.Method(context.Request.Method), GateLog.Route(context), status, seconds, Caller.Of(context).Tenant);
        }
    }
}
