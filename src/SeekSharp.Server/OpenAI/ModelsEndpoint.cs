using Microsoft.AspNetCore.Http;
using SeekSharp.Server.Json;
using SeekSharp.Server.Models;

namespace SeekSharp.Server.OpenAI;

/// <summary>GET /models and /models/{id}: which names requests may use.</summary>
internal sealed class ModelsEndpoint(ModelRegistry models, TimeProvider time)
{
    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public Task ListAsync(HttpContext context) =>
        ResponseBody.WriteAsync(context, new ModelList("list", [.. models.Names.Select(Describe)]), ServerJson.Relaxed.ModelList);

    public Task GetAsync(HttpContext context)
    {
        string id = (string)context.Request.RouteValues["id"]!;
        ModelChoice choice = models.Find(id);
        return ResponseBody.WriteAsync(context, Describe(choice.Name), ServerJson.Relaxed.ModelDescription);
    }

    private ModelDescription Describe(string id) => new(id, "model", _created, "seeksharp");
}

/// <summary>The names of models.</summary>
internal sealed record ModelList(string Object, ModelDescription[] Data);

/// <summary>A name of a model.</summary>
internal sealed record ModelDescription(string Id, string Object, long Created, string OwnedBy);
