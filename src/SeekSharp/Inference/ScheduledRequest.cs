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

    /// <summary>Gets a sequence, with what the cache still has of the tokens.</summary>
    public void Start(Engine engine)
    {
        Sequence = engine.CreateSequence(_request.Trace, _request.CacheSalt.Span);
        int reused = Sequence.ReusePrefix(_tokens.AsSpan(0, TokenCount));
        if (_generated == 0) Reply.CachedPromptTokens = reused;
    }

    /// <summary>Gives the sequence and its pages up; the tokens stay.</summary>
    public void Pause()
    {
        Sequence?.Dispose();
        Sequence = null;
    }

    /// <summary>The next pending tokens.</summary>
    public ReadOnlyMemory<int> Next(int count) => _tokens.AsMemory(Sequence!.Length, count);

    /// <summary>Chooses the next token and hands it to the reader.</summary>
    /// <returns>Why the reply has ended, or null where it goes on.</returns>
    public FinishReason? Sample(ReadOnlySpan<float> logits)
    {
        int token = _sampler.Sample(logits[.._vocabulary]);
        if (_request.StopTokens.Contains(token)) return FinishReason.Stop;
        IReadOnlyList<TokenLogProbability>? top = _request.Sampling.TopLogProbabilities > 0 ? _sampler.TopLogProbabilities.ToArray() : null;
        _tokens[TokenCount++] = token;
        _generated++;
        Reply.Write(new SampledToken(token, _sampler.LogProbability, top));
        return TokenCount == _tokens.Length ? FinishReason.Length : null;
    }
}
