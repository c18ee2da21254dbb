using System.Text.Json.Serialization;

namespace SeekSharp.Server.OpenAI;

/// <summary>The whole answer to POST /chat/completions.</summary>
internal sealed record ChatCompletion(string Id, string Object, long Created, string Model, ChatChoice[] Choices, Usage Usage);

/// <summary>One of the replies.</summary>
internal sealed record ChatChoice(
    int Index,
    ChatReplyMessage Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] Logprobs? Logprobs,
    string FinishReason);

/// <summary>What the model said.</summary>
internal sealed record ChatReplyMessage(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    string? ReasoningContent);

/// <summary>A piece of the answer, as an event.</summary>
internal sealed record ChatCompletionChunk(string Id, string Object, long Created, string Model, ChunkChoice[] Choices)
{
    public Usage? Usage { get; init; }
}

/// <summary>A piece of one of the replies.</summary>
internal sealed record ChunkChoice(
    int Index,
    ChunkDelta Delta,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] Logprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>What is new.</summary>
internal sealed record ChunkDelta
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    public string? ReasoningContent { get; init; }
}

/// <summary>Probabilities of the tokens of a reply.</summary>
internal sealed record Logprobs(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] TokenLogprob[]? Content,
    TokenLogprob[]? ReasoningContent);

/// <summary>A token that was chosen, and what was probable beside it.</summary>
/// <param name="Token">Its text; a replacement character where it is a part of one.</param>
/// <param name="Logprob">Logarithm of its probability.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="TopLogprobs">The most probable tokens.</param>
internal sealed record TokenLogprob(string Token, double Logprob, int[] Bytes, TokenLogprob[]? TopLogprobs);
