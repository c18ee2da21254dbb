using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Observability;

namespace SeekSharp.Server.Security;

/// <summary>Stands before all endpoints and checks each rule. What a request holds is in no refusal.</summary>
internal sealed class SecurityGate(HostRule host, OriginRule origin, KeyRule key, BodyRule body, ILogger<SecurityGate> log)
{
    private const string OpenPath = "/health"; // says that there is a server, which a connection has said already

    public Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if ((host.Check(context) ?? origin.Check(context)) is { } refusal) return ApiErrors.WriteAsync(context, refusal);
        if (OriginRule.IsPreflight(context.Request))
        {
            OriginRule.AnswerPreflight(context);
            return Task.CompletedTask;
        }

        bool isOpen = context.Request.Path.Equals(OpenPath, StringComparison.Ordinal);
        refusal = (isOpen ? null : CheckKey(context)) ?? body.Check(context);
        return refusal is null ? next(context) : ApiErrors.WriteAsync(context, refusal);
    }

    private ApiException? CheckKey(HttpContext context)
    {
        try
        {
            return key.Check(context);
        }
        catch (IOException exception)
        {
            GateLog.KeysUnusable(log, exception.Message); // a sentence about a file, which the user must read
            throw;
        }
    }
}
