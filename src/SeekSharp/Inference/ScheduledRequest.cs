namespace SeekSharp.Inference;

/// <summary>A request on its way through the scheduler: all its tokens so far, and the sequence that has taken in some of them.</summary>
internal sealed class ScheduledRequest
{
    private readonly TokenRequest _request;
    private readonly int[] _tokens;
    private readonly int _vocabulary;
    private readonly Sampler _sampler;
    private int _generated;

    public ScheduledRequest(TokenRequest request, int vocabulary, int cacheTokens, CancellationToken cancellation)
    {
        _request = request;
        _vocabulary = request.VocabularySize > 0 ? Math.Min(request.VocabularySize, vocabulary) : vocabulary;
        _sampler = new Sampler(request.Sampling, _vocabulary);
        _sampler.ObservePrompt(request.Prompt.Span);
        // The last token of a reply is not computed any more: it may be one more than the cache holds.
        _tokens = new int[(int)Math.Min((long)request.Prompt.Length + request.MaxTokens, cacheTokens + 1L)];
        request.Prompt.Span.CopyTo(_tokens);
        TokenCount = request.Prompt.Length;
        Reply = new TokenReply(request.Prompt.Length, cancellation);
        IDraftSource? source = CreateSource(request.Speculation);
        Predicts = source is null && request.Speculation.Kind == DraftKind.MultiTokenPrediction;
        if (source is not null || Predicts) Drafts = new RequestDrafts(source, request.Speculation);
    }

    public TokenReply Reply { get; }

    /// <summary>Null while the request waits.</summary>
    public Sequence? Sequence { get; private set; }

    /// <summary>Tokens of prompt and reply.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Tokens that the sequence has not taken in yet.</summary>
    public int PendingCount => TokenCount - Sequence!.Length;

    /// <summary>Whether only the newest token is pending.</summary>
    public bool IsDecoding => PendingCount == 1;

    /// <summary>The drafts, or null where nothing is speculated on.</summary>
    public RequestDrafts? Drafts { get; }

    /// <summary>Whether the prediction module drafts.</summary>
    public bool Predicts { get; }

    /// <summary>Tokens that may be chosen: those below.</summary>
    public int VocabularySize => _vocabulary;

    /// <summary>Most drafts that make sense: the reply has room for them and for the token that is chosen behind the last of them.</summary>
    public int DraftRoom => _tokens.Length - TokenCount - 1;

    /// <summary>The newest draft.</summary>
    public ReadOnlySpan<int> LastDraft => _tokens.AsSpan(TokenCount + Drafts!.Available - 1, 1);

    /// <summary>Gets a sequence, with what the cache still has of the tokens.</summary>
    public void Start(Engine engine)
    {
        Sequence = engine.CreateSequence(_request.Trace, _request.CacheSalt.Span, Predicts);
        int reused = Sequence.ReusePrefix(_tokens.AsSpan(0, TokenCount));
        if (_generated == 0) Reply.CachedPromptTokens = reused;
    }

    /// <summary>Gives the sequence and its pages up; the tokens stay.</summary>
    public void Pause()
    {
        Sequence?.Dispose();
        Sequence = null;
        Drafts?.Clear();
    }

    /// <summary>The next pending tokens, then drafts.</summary>
    public ReadOnlyMemory<int> Next(int count) => _tokens.AsMemory(Sequence!.Length, count);

    /// <summary>Asks for drafts; they lie behind the tokens until the step has shown what they are worth.</summary>
    /// <exception cref="InvalidOperationException">The source gives what cannot be drafts.</exception>
    public void ProposeDrafts(int modelVocabulary) =>
        Drafts?.Propose(_tokens.AsSpan(0, TokenCount), _tokens.AsSpan(TokenCount, DraftRoom), modelVocabulary);

    /// <summary>Adds a draft of the prediction module.</summary>
    /// <param name="index">How many there are already.</param>
    /// <param name="token">The draft.</param>
    public void AddDraft(int index, int token)
    {
        _tokens[TokenCount + index] = token;
        Drafts!.Offer(index + 1);
    }

    /// <summary>The tokens behind those that the sequence has from a position on.</summary>
    public ReadOnlySpan<int> TokensBehind(int position) => _tokens.AsSpan(position + 1, Sequence!.Length - position);

    /// <summary>
    /// Chooses the next tokens and hands them to the reader: as many as there were drafts that equal the sampler's own choice, and one more. The sampler sees
    /// what it would see without drafts, so that its random numbers and penalties are the same.
    /// </summary>
    /// <param name="engine">Has made the step.</param>
    /// <param name="item">Index of this request's tokens in the step.</param>
    /// <returns>Why the reply has ended, or null where it goes on.</returns>
    public FinishReason? Sample(Engine engine, int item)
    {
        int drafted = Drafts?.Count ?? 0, accepted = 0;
        FinishReason? reason;
        while (true)
        {
            int draft = accepted < drafted ? _tokens[TokenCount] : -1;
            int token = _sampler.Sample(engine.Logits(item, accepted)[.._vocabulary]);
            bool isAccepted = token == draft;
            if (isAccepted) accepted++;
            bool isLast = !TryAdd(token, out reason);
            if (isLast || !isAccepted) break;
        }

        Reply.Drafts = new DraftCounts(Reply.Drafts.Drafted + drafted, Reply.Drafts.Accepted + accepted, Reply.Drafts.Steps + 1);
        Drafts?.Learn(accepted);
        if (reason is null) Sequence!.Settle(TokenCount - 1);
        return reason;
    }

    private bool TryAdd(int token, out FinishReason? reason)
    {
        reason = _request.StopTokens.Contains(token) ? FinishReason.Stop : null;
        if (reason is not null) return false;
        IReadOnlyList<TokenLogProbability>? top = _request.Sampling.TopLogProbabilities > 0 ? _sampler.TopLogProbabilities.ToArray() : null;
        _tokens[TokenCount++] = token;
        _generated++;
        Reply.Write(new SampledToken(token, _sampler.LogProbability, top));
        if (TokenCount == _tokens.Length) reason = FinishReason.Length;
        return reason is null;
    }

    private IDraftSource? CreateSource(SpeculationOptions options) =>
        options.Source ?? (options.Kind == DraftKind.NGram ? new NGramDrafts(_tokens.Length, options.ShortestMatch) : null);
}
