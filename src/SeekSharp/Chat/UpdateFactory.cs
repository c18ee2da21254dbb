using Microsoft.Extensions.AI;

namespace SeekSharp.Chat;

/// <summary>Makes the updates of one response, all with its identity.</summary>
/// <param name="modelId">What the response calls the model.</param>
internal sealed class UpdateFactory(string modelId)
{
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;

    /// <summary>Identity of the response and of its one message.</summary>
    public string ResponseId { get; } = $"chat-{Guid.NewGuid():N}";

    /// <summary>An update with some text.</summary>
    public ChatResponseUpdate Create(ReplyPiece piece) => Create(piece.Part == ReplyPart.Reasoning ? new TextReasoningContent(piece.Text) : new TextContent(piece.Text));

    /// <summary>The update that ends the response.</summary>
    public ChatResponseUpdate CreateLast(ChatReply reply)
    {
        ChatResponseUpdate update = Create(new UsageContent(new UsageDetails
        {
            InputTokenCount = reply.InputTokens,
            OutputTokenCount = reply.OutputTokens,
            TotalTokenCount = reply.InputTokens + reply.OutputTokens,
            CachedInputTokenCount = reply.CachedInputTokens,
            ReasoningTokenCount = reply.ReasoningTokens,
            AdditionalCounts = DraftUsage.Create(reply.Drafts),
        }));
        update.FinishReason = reply.FinishReason == Inference.FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        return update;
    }

    private ChatResponseUpdate Create(AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = ResponseId,
        MessageId = ResponseId,
        ModelId = modelId,
        CreatedAt = _createdAt,
    };
}
