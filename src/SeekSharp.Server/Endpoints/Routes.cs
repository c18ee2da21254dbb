using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SeekSharp.Server.Anthropic;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Server.OpenAI;
using SeekSharp.Server.OpenAI.Responses;

namespace SeekSharp.Server.Endpoints;

/// <summary>What is served under which path.</summary>
internal static class Routes
{
    private const string Json = "application/json", Events = "text/event-stream";

    /// <summary>Registers the endpoints.</summary>
    public static void AddEndpoints(this IServiceCollection services)
    {
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<ChatCompletionsEndpoint>();
        services.AddSingleton<CompletionsEndpoint>();
        services.AddSingleton<ResponsesEndpoint>();
        services.AddSingleton<MessagesEndpoint>();
        services.AddSingleton<UsageFactory>();
    }

    /// <summary>Registers the document that describes them; it sees the types of bodies as they are read and written.</summary>
    public static void AddDocument(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ServerJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.AddOpenApi();
    }

    /// <summary>Maps the endpoints to their paths.</summary>
    public static void MapEndpoints(this WebApplication app)
    {
        IServiceProvider services = app.Services;
        Get<HealthStatus>(app, services.GetRequiredService<HealthEndpoint>().RunAsync, "Whether the server answers", "/health");
        ModelsEndpoint models = services.GetRequiredService<ModelsEndpoint>();
        Get<ModelList>(app, models.ListAsync, "Names of models", "/models", "/v1/models");
        Get<ModelDescription>(app, models.GetAsync, "Whether there is a model", "/models/{**id}", "/v1/models/{**id}");
        Post<ChatCompletionRequest, ChatCompletion>(
            app, services.GetRequiredService<ChatCompletionsEndpoint>().RunAsync, "Go on with a conversation", "/chat/completions", "/v1/chat/completions", "/beta/chat/completions");
        Post<CompletionRequest, Completion>(
            app, services.GetRequiredService<CompletionsEndpoint>().RunAsync, "Go on with a text, or fill a gap in it", "/completions", "/v1/completions", "/beta/completions");
        Post<ResponsesRequest, ResponseObject>(app, services.GetRequiredService<ResponsesEndpoint>().RunAsync, "Go on with a conversation; nothing is stored", "/v1/responses");
        Post<MessagesRequest, AnthropicMessage>(
            app, services.GetRequiredService<MessagesEndpoint>().RunAsync, "Go on with a conversation, as Anthropic's API has it", "/anthropic/v1/messages");
    }

    private static void Get<TResponse>(IEndpointRouteBuilder routes, RequestDelegate handler, string summary, params string[] paths)
    {
        foreach (string path in paths)
            Describe<TResponse>(routes.MapGet(path, handler), handler, summary);
    }

    private static void Post<TRequest, TResponse>(IEndpointRouteBuilder routes, RequestDelegate handler, string summary, params string[] paths)
        where TRequest : notnull
    {
        foreach (string path in paths)
            Describe<TResponse>(routes.MapPost(path, handler), handler, summary).Accepts<TRequest>(Json).Produces(StatusCodes.Status200OK, contentType: Events);
    }

    /// <summary>Says in the OpenAPI document what a route does. It lists the endpoints whose method it can see.</summary>
    private static RouteHandlerBuilder Describe<TResponse>(IEndpointConventionBuilder route, RequestDelegate handler, string summary)
    {
        var builder = new RouteHandlerBuilder([route]);
        builder.WithMetadata(handler.Method).WithSummary(summary);
        return builder.Produces<TResponse>(StatusCodes.Status200OK, Json).Produces<ErrorResponse>(StatusCodes.Status400BadRequest, Json);
    }
}
