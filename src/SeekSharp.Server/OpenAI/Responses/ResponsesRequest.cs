using System.Text.Json;
using System.Text.Json.Serialization;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>The body of POST /v1/responses. Nothing is stored: a conversation is sent as a whole. Fields that are not here are ignored.</summary>
internal sealed record ResponsesRequest
{
    public string? Model { get; init; }

    /// <summary>A text of the user, or items.</summary>
    [JsonConverter(typeof(InputConverter))]
    public InputItem[]? Input { get; init; }

    /// <summary>The system's message.</summary>
    public string? Instructions { get; init; }

    public int? MaxOutputTokens { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public bool? Stream { get; init; }

    /// <summary>Refused: nothing is stored.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>Refused where it is true: replies are not computed in the background.</summary>
    public bool? Background { get; init; }

    public ReasoningSettings? Reasoning { get; init; }

    public TextSettings? Text { get; init; }

    public ResponseTool?[]? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }
}

/// <summary>An item of a conversation. Which fields it has depends on its type.</summary>
internal sealed record InputItem
{
    /// <summary>"message" (also where it is missing), "reasoning", "function_call" or "function_call_output".</summary>
    public string? Type { get; init; }

    public string? Role { get; init; }

    /// <summary>Of a message: its text. Of reasoning: the thoughts.</summary>
    [JsonConverter(typeof(ContentConverter))]
    public string? Content { get; init; }

    public string? CallId { get; init; }

    public string? Name { get; init; }

    public string? Arguments { get; init; }

    [JsonConverter(typeof(ContentConverter))]
    public string? Output { get; init; }
}

/// <summary>How long the model thinks.</summary>
internal sealed record ReasoningSettings
{
    public string? Effort { get; init; }
}

/// <summary>The form of the reply.</summary>
internal sealed record TextSettings
{
    public ResponseFormat? Format { get; init; }
}

/// <summary>A tool that the model may call.</summary>
internal sealed record ResponseTool
{
    public string? Type { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement? Parameters { get; init; }
}
