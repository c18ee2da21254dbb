using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Json;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.Endpoints;

/// <summary>GET /health: whether the server answers, and which models are in memory.</summary>
internal sealed class HealthEndpoint(ModelRegistry models)
{
    public Task RunAsync(HttpContext context) =>
        ResponseBody.WriteAsync(context, new HealthStatus("ok", [.. models.Loaded.Select(model => model.Name)]), ServerJson.Relaxed.HealthStatus);
}

/// <summary>How the server is.</summary>
/// <param name="Status">"ok".</param>
/// <param name="Loaded">Models in memory.</param>
internal sealed record HealthStatus(string Status, string[] Loaded);
