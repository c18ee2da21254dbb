using System.Text.Json;
using System.Text.Json.Serialization;
using SeekSharp.Server.Json;

namespace SeekSharp.Server.OpenAI;

/// <summary>The body of POST /chat/completions, as OpenAI and DeepSeek define it. Fields that are not here are ignored.</summary>
internal sealed record ChatCompletionRequest
{
    /// <summary>Name of a model, an alias of DeepSeek's, "default", or nothing.</summary>
    public string? Model { get; init; }

    public ChatRequestMessage?[]? Messages { get; init; }

    public bool? Stream { get; init; }

    public StreamOptions? StreamOptions { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    /// <summary>Not OpenAI's: the most probable tokens that may be chosen.</summary>
    public int? TopK { get; init; }

    /// <summary>Not OpenAI's: least share of the highest probability.</summary>
    public double? MinP { get; init; }

    public int? MaxTokens { get; init; }

    /// <summary>OpenAI's newer name of <see cref="MaxTokens"/>.</summary>
    public int? MaxCompletionTokens { get; init; }

    [JsonConverter(typeof(TextsConverter))]
    public string[]? Stop { get; init; }

    public int? N { get; init; }

    public long? Seed { get; init; }

    public double? FrequencyPenalty { get; init; }

    public double? PresencePenalty { get; init; }

    /// <summary>Token ids with what is added to their logits.</summary>
    public Dictionary<string, double>? LogitBias { get; init; }

    public bool? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public ToolDefinition?[]? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }

    public ResponseFormat? ResponseFormat { get; init; }

    /// <summary>DeepSeek's: whether the model thinks first.</summary>
    public ThinkingSwitch? Thinking { get; init; }

    /// <summary>"none", "minimal", "low", "medium", "high", "xhigh" or "max".</summary>
    public string? ReasoningEffort { get; init; }
}

/// <summary>A message of a conversation.</summary>
internal sealed record ChatRequestMessage
{
    public string? Role { get; init; }

    [JsonConverter(typeof(ContentConverter))]
    public string? Content { get; init; }

    public string? Name { get; init; }

    /// <summary>DeepSeek's: what the assistant thought.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>DeepSeek's: the reply goes on from this message, the last one.</summary>
    public bool? Prefix { get; init; }

    public ToolCall?[]? ToolCalls { get; init; }

    public string? ToolCallId { get; init; }
}

/// <summary>What a stream brings along.</summary>
internal sealed record StreamOptions
{
    public bool? IncludeUsage { get; init; }
}

/// <summary>DeepSeek's switch of the reasoning.</summary>
internal sealed record ThinkingSwitch
{
    /// <summary>"enabled", "disabled" or "adaptive".</summary>
    public string? Type { get; init; }

    /// <summary>Most tokens of reasoning.</summary>
    public int? BudgetTokens { get; init; }
}

/// <summary>The form of the reply.</summary>
internal sealed record ResponseFormat
{
    public string? Type { get; init; }
}

/// <summary>A tool that the model may call.</summary>
internal sealed record ToolDefinition
{
    public string? Type { get; init; }

    public FunctionDefinition? Function { get; init; }
}

/// <summary>A function of the client's.</summary>
internal sealed record FunctionDefinition
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    /// <summary>JSON schema of the arguments.</summary>
    public JsonElement? Parameters { get; init; }
}

/// <summary>A call of a tool.</summary>
internal sealed record ToolCall
{
    public string? Id { get; init; }

    public string? Type { get; init; }

    public FunctionCall? Function { get; init; }
}

/// <summary>The call of a function.</summary>
internal sealed record FunctionCall
{
    public string? Name { get; init; }

    /// <summary>An object as JSON text.</summary>
    public string? Arguments { get; init; }
}
