using System.Text.Json.Serialization;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Prices;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>The answer to POST /v1/responses.</summary>
internal sealed record ResponseObject(
    string Id,
    string Object,
    long CreatedAt,
    string Status,
    string Model,
    OutputItem[] Output,
    bool Store,
    bool ParallelToolCalls,
    string ToolChoice,
    ResponseTool[] Tools,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Instructions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? MaxOutputTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? PreviousResponseId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? Temperature,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? TopP,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ErrorDetail? Error,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IncompleteDetails? IncompleteDetails,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ResponseUsage? Usage);

/// <summary>Why a response was cut off.</summary>
internal sealed record IncompleteDetails(string Reason);

/// <summary>A part of a response: reasoning, or a message.</summary>
internal sealed record OutputItem(string Type, string Id, string Status)
{
    public string? Role { get; init; }

    public OutputContent[]? Content { get; init; }

    /// <summary>Of reasoning: summaries, which are not made here.</summary>
    public OutputContent[]? Summary { get; init; }
}

/// <summary>Some text of an item.</summary>
internal sealed record OutputContent(string Type, string Text)
{
    /// <summary>Of an answer: sources, which there are none of.</summary>
    public OutputContent[]? Annotations { get; init; }
}

/// <summary>What a response took.</summary>
internal sealed record ResponseUsage(
    int InputTokens, PromptTokensDetails InputTokensDetails, int OutputTokens, CompletionTokensDetails OutputTokensDetails, int TotalTokens, Cost? Cost);

/// <summary>An event of a stream. Which fields it has depends on its type.</summary>
internal sealed record ResponseEvent(string Type, int SequenceNumber)
{
    public ResponseObject? Response { get; init; }

    public int? OutputIndex { get; init; }

    public OutputItem? Item { get; init; }

    public string? ItemId { get; init; }

    public int? ContentIndex { get; init; }

    public OutputContent? Part { get; init; }

    public string? Delta { get; init; }

    public string? Text { get; init; }

    /// <summary>Of the event "error".</summary>
    public string? Message { get; init; }

    /// <summary>Of the event "error".</summary>
    public string? Code { get; init; }
}
