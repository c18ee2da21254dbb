using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>Continues texts: requests to a scheduler, with tokens turned into text. Thread-safe; any number of replies run at once.</summary>
/// <param name="scheduler">What computes.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
public sealed class TextGenerator(Scheduler scheduler, Tokenizer tokenizer)
{
    /// <summary>Starts a reply.</summary>
    /// <param name="prompt">Tokens to start from, at least one.</param>
    /// <param name="options">How to continue and when to end, or null for the defaults.</param>
    /// <param name="cancellation">Ends the reply between two tokens.</param>
    /// <returns>The reply; it is computed from now on, whether it is read or not.</returns>
    /// <exception cref="ContextOverflowException">The prompt does not fit into the engine's cache.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or the prompt has a token that does not exist.</exception>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    public TextReply Start(ReadOnlyMemory<int> prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Start(prompt, options, 1, cancellation)[0];

    /// <summary>Starts several replies to one prompt, which is computed once. The first is that of <see cref="Start(ReadOnlyMemory{int}, GenerationOptions?, CancellationToken)"/>.</summary>
    /// <param name="prompt">Tokens to start from, at least one.</param>
    /// <param name="options">How to continue and when to end, or null for the defaults.</param>
    /// <param name="count">Number of replies, at least 1.</param>
    /// <param name="cancellation">Ends the replies between two tokens.</param>
    /// <returns>The replies; they are computed from now on, whether they are read or not.</returns>
    /// <exception cref="ContextOverflowException">The prompt does not fit into the engine's cache.</exception>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or the prompt has a token that does not exist.</exception>
    public IReadOnlyList<TextReply> Start(ReadOnlyMemory<int> prompt, GenerationOptions? options, int count, CancellationToken cancellation = default) =>
        Start(prompt, options, count, reasoning: null, cancellation);

    /// <param name="prompt">As above.</param>
    /// <param name="options">As above.</param>
    /// <param name="count">As above.</param>
    /// <param name="reasoning">Ends reasoning that becomes too long, or null.</param>
    /// <param name="cancellation">As above.</param>
    internal IReadOnlyList<TextReply> Start(ReadOnlyMemory<int> prompt, GenerationOptions? options, int count, ReasoningLimit? reasoning, CancellationToken cancellation)
    {
        options = (options ?? new GenerationOptions()).Validate();
        IReadOnlyList<TokenReply> replies = scheduler.Submit(
            new TokenRequest
            {
                Prompt = prompt,
                Sampling = options.Sampling,
                MaxTokens = options.MaxTokens,
                StopTokens = options.StopTokens ?? tokenizer.EndOfText,
                CacheSalt = options.CacheSalt,
                Tenant = options.Tenant,
                TimeLimit = options.TimeLimit,
                KeepsPrefix = options.KeepsPrefix,
                Reasoning = reasoning,
                Trace = options.Trace,
                Speculation = options.Speculation,
                // A head may be padded: its rows behind the tokenizer's last token are no tokens.
                VocabularySize = tokenizer.VocabularySize,
            },
            count, cancellation);
        // Text that continues text keeps the space that a word's first token stands for.
        bool continuesText = !tokenizer.IsSpecial(prompt.Span[^1]);
        return [.. replies.Select(reply => new TextReply(reply, new StreamingDetokenizer(tokenizer, continuesText: continuesText), options.StopStrings))];
    }
}

/// <summary>The text of a reply, piece by piece. Read it once; dispose it to give up what is not read yet.</summary>
public sealed class TextReply : IAsyncEnumerable<GeneratedPiece>, IDisposable
{
    private readonly TokenReply _tokens;
    private readonly StreamingDetokenizer _detokenizer;
    private readonly StopStringFilter _filter;

    internal TextReply(TokenReply tokens, StreamingDetokenizer detokenizer, IReadOnlyList<string> stopStrings)
    {
        _tokens = tokens;
        _detokenizer = detokenizer;
        _filter = new StopStringFilter(stopStrings);
    }

    /// <summary>Number of tokens of the prompt.</summary>
    public int PromptTokens => _tokens.PromptTokens;

    /// <summary>How many tokens of the prompt came from the cache; set before the first piece arrives.</summary>
    public int CachedPromptTokens => _tokens.CachedPromptTokens;

    /// <summary>How long the request waited before it was started; null while it waits.</summary>
    public TimeSpan? QueueTime => _tokens.QueueTime;

    /// <summary>Time from the start to the first token; null before that.</summary>
    public TimeSpan? TimeToFirstToken => _tokens.TimeToFirstToken;

    /// <summary>Number of tokens of the reply so far.</summary>
    public int TokenCount { get; private set; }

    /// <summary>What speculative decoding has done so far; it may be ahead of what was read.</summary>
    public DraftCounts Drafts => _tokens.Drafts;

    /// <summary>Why the reply ended; null while it has not, and when it was cancelled or failed.</summary>
    public FinishReason? FinishReason => _filter.Stopped ? Inference.FinishReason.Stop : _tokens.FinishReason;

    /// <summary>The stop string that ended the reply, or null.</summary>
    public string? StopString => _filter.Stop;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The reply was cancelled.</exception>
    public async IAsyncEnumerator<GeneratedPiece> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (SampledToken token in _tokens.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            TokenCount++;
            yield return new GeneratedPiece(token.Token, _filter.Add(_detokenizer.Add(token.Token)), token.LogProbability, token.Top);
            if (_filter.Stopped) break;
        }

        string rest = _filter.Add(_detokenizer.Flush()) + _filter.Flush();
        if (rest.Length > 0) yield return new GeneratedPiece(null, rest);
    }

    /// <inheritdoc/>
    public void Dispose() => _tokens.Dispose();
}
