using System.Text.Json.Serialization;
using SeekSharp.Server.Prices;

namespace SeekSharp.Server.Anthropic;

/// <summary>The answer to POST /anthropic/v1/messages.</summary>
internal sealed record AnthropicMessage(
    string Id,
    string Type,
    string Role,
    string Model,
    ReplyBlock[] Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopSequence,
    AnthropicUsage Usage);

/// <summary>A part of the reply: thinking or text.</summary>
internal sealed record ReplyBlock(string Type)
{
    public string? Thinking { get; init; }

    /// <summary>Of thinking: Anthropic's proof that it is the model's own. Empty here: nobody checks it.</summary>
    public string? Signature { get; init; }

    public string? Text { get; init; }
}

/// <summary>What a request took. Tokens that were in the cache are not among the input's.</summary>
internal sealed record AnthropicUsage(int InputTokens, int CacheCreationInputTokens, int CacheReadInputTokens, int OutputTokens)
{
    public Cost? Cost { get; init; }
}

/// <summary>An event of a stream. Which fields it has depends on its type.</summary>
internal sealed record MessageEvent(string Type)
{
    public AnthropicMessage? Message { get; init; }

    public int? Index { get; init; }

    public ReplyBlock? ContentBlock { get; init; }

    public MessageDelta? Delta { get; init; }

    public AnthropicUsage? Usage { get; init; }
}

/// <summary>What is new in a block, or at the end of a message. Which fields it has depends on its type; the end of a message has none.</summary>
internal sealed record MessageDelta
{
    public string? Type { get; init; }

    public string? Text { get; init; }

    public string? Thinking { get; init; }

    public string? Signature { get; init; }

    public string? StopReason { get; init; }

    public string? StopSequence { get; init; }
}
