using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Chat;

/// <summary>One reply, split into reasoning and answer, with its counts. Read it once; dispose it to give up what is not read yet.</summary>
public sealed class ChatReply : IDisposable
{
    private readonly TextReply _reply;
    private readonly Tokenizer _tokenizer;
    private readonly ReasoningParser _parser;
    private readonly StopStringFilter _stops;
    private readonly int? _open, _close;
    private readonly List<SampledToken>? _tokens;
    private readonly CancellationToken _cancellation;

    internal ChatReply(TextReply reply, Tokenizer tokenizer, ReasoningParser parser, GenerationOptions options, CancellationToken cancellation)
    {
        (_reply, _tokenizer, _parser, _cancellation) = (reply, tokenizer, parser, cancellation);
        _stops = new StopStringFilter(options.StopStrings);
        _tokens = options.Sampling.LogProbabilities ? [] : null;
        _open = SpecialToken(ReasoningParser.Open);
        _close = SpecialToken(ReasoningParser.Close);
    }

    /// <summary>Number of tokens of the prompt.</summary>
    public int InputTokens => _reply.PromptTokens;

    /// <summary>How many of them came from the cache, in memory or on disk ("prompt_cache_hit_tokens"); the others were computed.</summary>
    public int CachedInputTokens => _reply.CachedPromptTokens;

    /// <summary>Number of tokens of the reply so far, reasoning and tags included.</summary>
    public int OutputTokens => _reply.TokenCount;

    /// <summary>How many of them are reasoning, its tags included.</summary>
    public int ReasoningTokens => _parser.ReasoningTokens;

    /// <summary>What speculative decoding has done so far.</summary>
    public DraftCounts Drafts => _reply.Drafts;

    /// <summary>How long the request waited before it was started; null while it waits.</summary>
    public TimeSpan? QueueTime => _reply.QueueTime;

    /// <summary>Time from the start to the first token; null before that.</summary>
    public TimeSpan? TimeToFirstToken => _reply.TimeToFirstToken;

    /// <summary>Why the reply ended; null while it has not, and when it was cancelled or failed.</summary>
    public FinishReason? FinishReason => _stops.Stopped ? Inference.FinishReason.Stop : _reply.FinishReason;

    /// <summary>The stop string that ended the reply, or null.</summary>
    public string? StopString => _stops.Stop;

    /// <summary>The pieces as they become certain.</summary>
    /// <returns>Pieces of reasoning, then of the answer.</returns>
    /// <exception cref="OperationCanceledException">The reply was cancelled.</exception>
    /// <exception cref="TimeoutException">The reply took longer than its <see cref="GenerationOptions.TimeLimit"/>.</exception>
    public async IAsyncEnumerable<ReplyPiece> ReadAsync()
    {
        // The scheduler may be far ahead of the reader: what it has written already is not read after a cancellation.
        await foreach (GeneratedPiece piece in _reply.WithCancellation(_cancellation).ConfigureAwait(false))
        {
            foreach (ReplyPiece part in Parse(piece))
                if (Filter(part) is { Text.Length: > 0 } passed) yield return passed;
            if (_stops.Stopped) yield break;
        }

        foreach (ReplyPiece part in _parser.Flush())
            if (Filter(part) is { Text.Length: > 0 } passed) yield return passed;
        if (!_stops.Stopped && _stops.Flush() is { Length: > 0 } rest) yield return new ReplyPiece(ReplyPart.Answer, rest, TakeTokens());
    }

    /// <inheritdoc/>
    public void Dispose() => _reply.Dispose();

    private IReadOnlyList<ReplyPiece> Parse(GeneratedPiece piece)
    {
        if (piece.Token is not { } token) return _parser.Take(piece.Text);
        ReplyPart before = _parser.Part;
        string? tag = TagOf(token);
        _tokens?.Add(new SampledToken(token, piece.LogProbability, piece.Top));
        IReadOnlyList<ReplyPiece> parts = _parser.Add(tag ?? piece.Text);
        // What is held back where a part ends is the tag.
        if (tag is not null || (_parser.Part != before && parts.Count == 0)) _tokens?.Clear();
        return parts;
    }

    private ReplyPiece Filter(ReplyPiece piece)
    {
        if (piece.Part == ReplyPart.Answer) piece = piece with { Text = _stops.Add(piece.Text) };
        return piece.Text.Length > 0 ? piece with { Tokens = TakeTokens() } : piece;
    }

    private SampledToken[]? TakeTokens()
    {
        SampledToken[]? tokens = _tokens?.ToArray();
        _tokens?.Clear();
        return tokens;
    }

    /// <summary>Control tokens have no text; where a model's tags are control tokens, the parser must see them.</summary>
    private string? TagOf(int token) => token == _open ? ReasoningParser.Open : token == _close ? ReasoningParser.Close : null;

    private int? SpecialToken(string spelling) => _tokenizer.FindToken(spelling) is { } token && _tokenizer.IsSpecial(token) ? token : null;
}
