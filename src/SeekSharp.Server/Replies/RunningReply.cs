using SeekSharp.Chat;
using SeekSharp.Inference;

namespace SeekSharp.Server.Replies;

/// <summary>One reply while it is computed, of a conversation or of a text. Read it once; dispose it to give up what is not read yet.</summary>
internal abstract class RunningReply : IDisposable
{
    public abstract int InputTokens { get; }

    public abstract int CachedInputTokens { get; }

    public abstract int OutputTokens { get; }

    public abstract int ReasoningTokens { get; }

    /// <summary>Why the reply ended, as OpenAI's API has it.</summary>
    public string FinishReason => IsCutOff ? "length" : "stop";

    /// <summary>Whether the reply ended because there was no room for more.</summary>
    public abstract bool IsCutOff { get; }

    /// <summary>The stop string that ended the reply, or null.</summary>
    public abstract string? StopString { get; }

    /// <summary>The pieces as they become certain.</summary>
    public abstract IAsyncEnumerable<ReplyPiece> ReadAsync();

    public abstract void Dispose();
}

/// <summary>The reply to a conversation.</summary>
internal sealed class RunningChat(ChatReply reply) : RunningReply
{
    public override int InputTokens => reply.InputTokens;

    public override int CachedInputTokens => reply.CachedInputTokens;

    public override int OutputTokens => reply.OutputTokens;

    public override int ReasoningTokens => reply.ReasoningTokens;

    public override bool IsCutOff => reply.FinishReason == Inference.FinishReason.Length;

    public override string? StopString => reply.StopString;

    public override IAsyncEnumerable<ReplyPiece> ReadAsync() => reply.ReadAsync();

    public override void Dispose() => reply.Dispose();
}

/// <summary>A text that goes on.</summary>
internal sealed class RunningText(TextReply reply) : RunningReply
{
    public override int InputTokens => reply.PromptTokens;

    public override int CachedInputTokens => reply.CachedPromptTokens;

    public override int OutputTokens => reply.TokenCount;

    public override int ReasoningTokens => 0;

    public override bool IsCutOff => reply.FinishReason == Inference.FinishReason.Length;

    public override string? StopString => reply.StopString;

    public override async IAsyncEnumerable<ReplyPiece> ReadAsync()
    {
        List<SampledToken> tokens = [];
        await foreach (GeneratedPiece piece in reply)
        {
            if (piece.Token is { } token && !float.IsNaN(piece.LogProbability)) tokens.Add(new SampledToken(token, piece.LogProbability, piece.Top));
            if (piece.Text.Length == 0) continue;
            yield return new ReplyPiece(ReplyPart.Answer, piece.Text, tokens.Count > 0 ? [.. tokens] : null);
            tokens.Clear();
        }
    }

    public override void Dispose() => reply.Dispose();
}
