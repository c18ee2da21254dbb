using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Chat;

/// <summary>One reply, split into reasoning and answer, with its counts. Read it once; dispose it to give up what is not read yet.</summary>
internal sealed class ChatReply : IDisposable
{
    private readonly TextReply _reply;
    private readonly Tokenizer _tokenizer;
    private readonly ReasoningParser _parser;
    private readonly StopStringFilter _stops;
    private readonly int? _open, _close;
    private readonly CancellationToken _cancellation;

    public ChatReply(
        TextGenerator generator, Tokenizer tokenizer, ChatPrompt prompt, bool thinks, GenerationOptions options, CancellationToken cancellation)
    {
        _tokenizer = tokenizer;
        _cancellation = cancellation;
        _parser = new ReasoningParser(thinks, prompt.OpensReasoning);
        // Stop strings are about the answer: thoughts are full of line breaks and half sentences.
        _stops = new StopStringFilter(options.StopStrings);
        _reply = generator.Start(prompt.Tokens, options with { StopStrings = [] }, cancellation);
        _open = SpecialToken(ReasoningParser.Open);
        _close = SpecialToken(ReasoningParser.Close);
    }

    public int InputTokens => _reply.PromptTokens;

    public int CachedInputTokens => _reply.CachedPromptTokens;

    public int OutputTokens => _reply.TokenCount;

    public int ReasoningTokens => _parser.ReasoningTokens;

    public DraftCounts Drafts => _reply.Drafts;

    /// <summary>Why the reply ended; null while it has not, and when it was cancelled or failed.</summary>
    public FinishReason? FinishReason => _stops.Stopped ? Inference.FinishReason.Stop : _reply.FinishReason;

    /// <summary>The pieces as they become certain.</summary>
    public async IAsyncEnumerable<ReplyPiece> ReadAsync()
    {
        // The scheduler may be far ahead of the reader: what it has written already is not read after a cancellation.
        await foreach (GeneratedPiece piece in _reply.WithCancellation(_cancellation).ConfigureAwait(false))
        {
            IReadOnlyList<ReplyPiece> parts = piece.Token is { } token ? _parser.Add(TagOf(token) ?? piece.Text) : _parser.Take(piece.Text);
            foreach (ReplyPiece part in parts)
                if (Filter(part) is { Text.Length: > 0 } passed) yield return passed;
            if (_stops.Stopped) yield break;
        }

        foreach (ReplyPiece part in _parser.Flush())
            if (Filter(part) is { Text.Length: > 0 } passed) yield return passed;
        if (!_stops.Stopped && _stops.Flush() is { Length: > 0 } rest) yield return new ReplyPiece(ReplyPart.Answer, rest);
    }

    public void Dispose() => _reply.Dispose();

    private ReplyPiece Filter(ReplyPiece piece) => piece.Part == ReplyPart.Answer ? piece with { Text = _stops.Add(piece.Text) } : piece;

    /// <summary>Control tokens have no text; where a model's tags are control tokens, the parser must see them.</summary>
    private string? TagOf(int token) => token == _open ? ReasoningParser.Open : token == _close ? ReasoningParser.Close : null;

    private int? SpecialToken(string spelling) => _tokenizer.FindToken(spelling) is { } token && _tokenizer.IsSpecial(token) ? token : null;
}
