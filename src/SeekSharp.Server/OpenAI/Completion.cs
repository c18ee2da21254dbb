using System.Text.Json.Serialization;

namespace SeekSharp.Server.OpenAI;

/// <summary>The answer to POST /completions, whole or one of its events.</summary>
internal sealed record Completion(string Id, string Object, long Created, string Model, CompletionChoice[] Choices)
{
    public Usage? Usage { get; init; }
}

/// <summary>One of the texts, or a piece of it.</summary>
internal sealed record CompletionChoice(
    int Index,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] CompletionLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>Probabilities of tokens, in the form of OpenAI's older API: lists of one length.</summary>
internal sealed record CompletionLogprobs(string[] Tokens, double[] TokenLogprobs, Dictionary<string, double>[] TopLogprobs, int[] TextOffset);
