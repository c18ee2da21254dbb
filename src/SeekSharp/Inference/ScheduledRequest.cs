using System.Diagnostics;

namespace SeekSharp.Inference;

/// <summary>A request on its way through the scheduler: all its tokens so far, and the sequence that has taken in some of them.</summary>
internal sealed class ScheduledRequest
{
    private readonly TokenRequest _request;
    private readonly int[] _tokens;
    private readonly int _vocabulary;
    private readonly long _deadline;
    private readonly ReasoningLimit? _reasoning;
    private Sampler? _sampler;
    private PrefixLoad? _load;
    private int _generated;
    private bool _countsLoaded;

    /// <exception cref="ArgumentOutOfRangeException">A token of the prompt or of the bias is not in the vocabulary.</exception>
    public ScheduledRequest(TokenRequest request, int vocabulary, int cacheTokens, CancellationToken cancellation)
    {
        _request = request;
        _vocabulary = request.VocabularySize > 0 ? Math.Min(request.VocabularySize, vocabulary) : vocabulary;
        request.Sampling.RequireVocabulary(_vocabulary);
        foreach (int token in request.Prompt.Span)
            if ((uint)token >= (uint)_vocabulary) throw new ArgumentOutOfRangeException(nameof(request), $"Token {token} is not in the vocabulary of {_vocabulary}.");
        // The last token of a reply is not computed any more: it may be one more than the cache holds.
        _tokens = new int[(int)Math.Min((long)request.Prompt.Length + request.MaxTokens, cacheTokens + 1L)];
        request.Prompt.Span.CopyTo(_tokens);
        TokenCount = request.Prompt.Length;
        _reasoning = request.Reasoning?.Copy();
        SubmittedAt = Stopwatch.GetTimestamp();
        _deadline = request.TimeLimit is { } limit ? SubmittedAt + (long)Math.Min(limit.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 2.0) : long.MaxValue;
        Reply = new TokenReply(request.Prompt.Length, cancellation);
        IDraftSource? source = CreateSource(request.Speculation);
        Predicts = source is null && request.Speculation.Kind == DraftKind.MultiTokenPrediction;
        if (source is not null || Predicts) Drafts = new RequestDrafts(source, request.Speculation);
    }

    /// <summary>On whose behalf this is.</summary>
    public string Tenant => _request.Tenant;

    /// <summary>The tenant's share of the scheduler, once the request has been queued.</summary>
    public TenantShare? Share { get; set; }

    /// <summary>Prompt tokens of the coming step.</summary>
    public int Planned { get; set; }

    /// <summary>Requests for other replies to the same prompt: they take its pages over when it is computed. Null where there are none.</summary>
    public List<ScheduledRequest>? Siblings { get; set; }

    /// <summary>Whether the request has ever held pages.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Whether it counts among those that wait no more.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Tokens per second behind the first one; null where there are none.</summary>
    public double? TokenRate => Reply.TimeToFirstToken is { } first && _generated > 1
        ? (_generated - 1) / Math.Max((Stopwatch.GetElapsedTime(SubmittedAt) - first).TotalSeconds, 1e-9)
        : null;

    /// <summary>Whether its first pages are being read from disk.</summary>
    public bool IsLoading => _load is not null;

    /// <summary>Whether pages that were being read from disk are all there.</summary>
    public bool IsLoaded => _load is { IsDone: true };

    /// <summary>When it was submitted, a timestamp.</summary>
    public long SubmittedAt { get; }

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

    /// <summary>Whether it takes longer than it may.</summary>
    public bool IsLate(long now) => now > _deadline;

    /// <summary>Gets a sequence, with what the cache still has of the tokens, and begins to read what is kept on disk of those behind.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="sharesPrefixes">Whether tenants share cached prefixes.</param>
    /// <param name="shelf">Where the tenant's pages are kept on disk, or null.</param>
    /// <param name="loaded">Called from another thread when something was read.</param>
    public void Start(Engine engine, bool sharesPrefixes, PrefixShelf? shelf, Action loaded)
    {
        CreateSampler();
        PageKey start = PageKey.Start(_request.CacheSalt.Span);
        if (Tenant.Length > 0 && !sharesPrefixes) start = start.WithTenant(Tenant);
        Sequence = engine.CreateSequence(_request.Trace, start, Predicts);
        int reused = Sequence.ReusePrefix(_tokens.AsSpan(0, TokenCount));
        _load = shelf is null ? null : Sequence.BeginLoad(_tokens.AsSpan(0, TokenCount), shelf);
        if (!HasStarted) Reply.CachedPromptTokens = reused;
        Reply.MarkStarted(Stopwatch.GetElapsedTime(SubmittedAt));
        // A request that was preempted finds what it has computed itself: that is nothing which the cache has saved.
        _countsLoaded = !HasStarted;
        HasStarted = true;
        _load?.Start(loaded);
    }

    /// <summary>Takes what was read from disk.</summary>
    public void EndLoad()
    {
        Sequence!.EndLoad(_load!, _tokens.AsSpan(0, TokenCount));
        _load = null;
        if (_countsLoaded) Reply.CachedPromptTokens = Sequence.Length;
    }

    /// <summary>Starts from the sequence of a request with the same prompt, which has just been computed.</summary>
    public void StartFrom(ScheduledRequest other)
    {
        CreateSampler();
        Sequence = other.Sequence!.Fork(_request.Trace);
        Reply.CachedPromptTokens = other.Reply.CachedPromptTokens;
        Reply.MarkStarted(Stopwatch.GetElapsedTime(SubmittedAt));
        HasStarted = true;
    }

    /// <summary>Lets a shelf keep what is computed.</summary>
    public void Keep(PrefixShelf shelf)
    {
        if (_request.KeepsPrefix && Sequence is not null) Sequence.Pages.Keep(shelf);
    }

    /// <summary>Whether the request's prefixes may be kept on disk, and taken from there.</summary>
    public bool KeepsPrefix(int minTokens) => _request is { KeepsPrefix: true, Trace: null } && TokenCount >= minTokens;

    /// <summary>Gives the sequence and its pages up; the tokens stay.</summary>
    public void Pause()
    {
        if (_load is { } load)
        {
            // A page at most is read until then: its memory must not be given to others before.
            load.Cancel();
            load.Wait();
            _load = null;
        }

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
            int token = Choose(engine.Logits(item, accepted)[.._vocabulary]);
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

    private int Choose(ReadOnlySpan<float> logits)
    {
        int token = _reasoning?.NextForced() ?? -1;
        if (token < 0) token = _sampler!.Sample(logits);
        else _sampler!.Observe(logits, token);
        _reasoning?.Add(token);
        return token;
    }

    private void CreateSampler()
    {
        // It has the size of the vocabulary: what waits does without.
        if (_sampler is not null) return;
        _sampler = new Sampler(_request.Sampling, _vocabulary);
        _sampler.ObservePrompt(_request.Prompt.Span);
    }

    private bool TryAdd(int token, out FinishReason? reason)
    {
        reason = _request.StopTokens.Contains(token) ? FinishReason.Stop : null;
        if (reason is not null) return false;
        IReadOnlyList<TokenLogProbability>? top = _request.Sampling.TopLogProbabilities > 0 ? _sampler!.TopLogProbabilities.ToArray() : null;
        _tokens[TokenCount++] = token;
        if (_generated++ == 0) Reply.TimeToFirstToken = Stopwatch.GetElapsedTime(SubmittedAt);
        Reply.Write(new SampledToken(token, _sampler!.LogProbability, top));
        if (TokenCount == _tokens.Length) reason = FinishReason.Length;
        return reason is null;
    }

    private IDraftSource? CreateSource(SpeculationOptions options) =>
        options.Source ?? (options.Kind == DraftKind.NGram ? new NGramDrafts(_tokens.Length, options.ShortestMatch) : null);
}
