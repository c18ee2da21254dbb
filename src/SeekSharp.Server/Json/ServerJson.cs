using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SeekSharp.Server.Anthropic;
using SeekSharp.Server.Endpoints;
using SeekSharp.Server.Errors;
using SeekSharp.Server.OpenAI;
using SeekSharp.Server.OpenAI.Responses;
using SeekSharp.Server.Prices;

namespace SeekSharp.Server.Json;

/// <summary>How everything that the server reads and writes looks as JSON: snake case, nulls left out, strict about types and depth.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = Security.RequestLimits.JsonDepth,
    AllowDuplicateProperties = false,
    Converters = [typeof(IntegerConverter), typeof(LongConverter), typeof(NumberConverter), typeof(BooleanConverter), typeof(TextConverter)])]
[JsonSerializable(typeof(ErrorResponse))]
[JsonSerializable(typeof(AnthropicError))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ChatCompletionRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatCompletionChunk))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(MessagesRequest))]
[JsonSerializable(typeof(AnthropicMessage))]
[JsonSerializable(typeof(MessageEvent))]
[JsonSerializable(typeof(ResponsesRequest))]
[JsonSerializable(typeof(ResponseObject))]
[JsonSerializable(typeof(ResponseEvent))]
[JsonSerializable(typeof(PriceFile))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    private static ServerJson? s_relaxed;

    /// <summary>The same, with letters of all languages as they are: responses are JSON, never part of a page.</summary>
    public static ServerJson Relaxed =>
        s_relaxed ??= new ServerJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
