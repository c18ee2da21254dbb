using System.Text.Json;
using System.Text.Json.Serialization;

namespace SeekSharp.Server.Anthropic;

/// <summary>The body of POST /anthropic/v1/messages, as Anthropic defines it. Fields that are not here are ignored.</summary>
internal sealed record MessagesRequest
{
    public string? Model { get; init; }

    public int? MaxTokens { get; init; }

    public AnthropicTurn?[]? Messages { get; init; }

    /// <summary>A text, or blocks of text.</summary>
    [JsonConverter(typeof(BlocksConverter))]
    public ContentBlock[]? System { get; init; }

    public bool? Stream { get; init; }

    public string[]? StopSequences { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public int? TopK { get; init; }

    public AnthropicThinking? Thinking { get; init; }

    public AnthropicTool?[]? Tools { get; init; }

    public AnthropicToolChoice? ToolChoice { get; init; }
}

/// <summary>A message of a conversation.</summary>
internal sealed record AnthropicTurn
{
    public string? Role { get; init; }

    /// <summary>A text, or blocks.</summary>
    [JsonConverter(typeof(BlocksConverter))]
    public ContentBlock[]? Content { get; init; }
}

/// <summary>A part of a message. Which fields it has depends on its type.</summary>
internal sealed record ContentBlock
{
    /// <summary>"text", "thinking", "redacted_thinking", "tool_use" or "tool_result".</summary>
    public string? Type { get; init; }

    public string? Text { get; init; }

    public string? Thinking { get; init; }

    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>Arguments of a call.</summary>
    public JsonElement? Input { get; init; }

    public string? ToolUseId { get; init; }

    /// <summary>Result of a call: a text, or blocks of text.</summary>
    [JsonConverter(typeof(BlocksConverter))]
    public ContentBlock[]? Content { get; init; }
}

/// <summary>Whether the model thinks.</summary>
internal sealed record AnthropicThinking
{
    public string? Type { get; init; }

    public int? BudgetTokens { get; init; }
}

/// <summary>A tool that the model may call.</summary>
internal sealed record AnthropicTool
{
    public string? Type { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement? InputSchema { get; init; }
}

/// <summary>Whether the model may call tools.</summary>
internal sealed record AnthropicToolChoice
{
    public string? Type { get; init; }
}
