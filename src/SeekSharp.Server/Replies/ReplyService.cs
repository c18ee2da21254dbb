using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Models;
using SeekSharp.Server.Observability;
using SeekSharp.Server.Security;

namespace SeekSharp.Server.Replies;

/// <summary>Starts the replies to requests.</summary>
internal sealed class ReplyService(ModelRegistry registry, GenerationTelemetry telemetry, ServerOptions options)
{
    /// <summary>The models.</summary>
    public ModelRegistry Models => registry;

    /// <summary>Starts the replies to a request; they end when its client goes away.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">What it wants.</param>
    /// <returns>The replies; dispose them.</returns>
    public async Task<ReplyRun> StartAsync(HttpContext context, ReplyRequest request)
    {
        GenerationOperation operation = telemetry.Start(context, request.Operation, request.Model.Model.Name);
        ModelLease lease;
        try
        {
            lease = await registry.RentAsync(request.Model.Model, context.RequestAborted);
        }
        catch (Exception exception)
        {
            operation.Fail(exception.GetType().Name);
            operation.Dispose();
            throw;
        }

        request = request with { Options = request.Options with { Tenant = Caller.Of(context).Tenant, TimeLimit = options.TimeLimit } };
        return ReplyRun.Start(lease, request, operation, context.RequestAborted);
    }
}
