using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>Continues the text of one sequence, token by token.</summary>
public sealed class TextGenerator
{
    // A cancelled prompt ends behind this many tokens, not behind all of them.
    private const int PromptPart = 512;

    private readonly Engine _engine;
    private readonly Sequence _sequence;
    private readonly GenerationOptions _options;
    private readonly IReadOnlySet<int> _stopTokens;
    private readonly int _maxContext;
    private readonly int _vocabularySize;
    private readonly Sampler _sampler;
    private readonly Tokenizer _tokenizer;
    private readonly StopStringFilter _filter;
    private readonly int[] _next = new int[1];
    private bool _started;

    /// <summary>Creates a generator.</summary>
    /// <param name="engine">What computes. Its cache limits the context as <see cref="GenerationOptions.MaxContext"/> does.</param>
    /// <param name="sequence">A sequence of the engine; the prompt is appended to what it holds.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How to continue and when to end, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TextGenerator(Engine engine, Sequence sequence, Tokenizer tokenizer, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _engine = engine;
        _sequence = sequence;
        _options = (options ?? new GenerationOptions()).Validate();
        _maxContext = Math.Min(_options.MaxContext, engine.CacheTokens);
        _stopTokens = _options.StopTokens ?? tokenizer.EndOfText;
        _vocabularySize = tokenizer.VocabularySize;
        _sampler = new Sampler(_options.Sampling, _vocabularySize);
        _tokenizer = tokenizer;
        _filter = new StopStringFilter(_options.StopStrings);
    }

    /// <summary>Why the text ended; null while it has not, and when it was cancelled.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>Number of tokens generated so far.</summary>
    public int TokenCount { get; private set; }

    /// <summary>The most probable tokens at the piece that was yielded last (<see cref="SamplerOptions.TopLogProbabilities"/>).</summary>
    public ReadOnlySpan<TokenLogProbability> TopLogProbabilities => _sampler.TopLogProbabilities;

    /// <summary>Computes the prompt, then generates until the text ends. To be called once.</summary>
    /// <param name="prompt">Tokens to start from, at least one.</param>
    /// <param name="cancellation">Ends the generation between two tokens.</param>
    /// <returns>Pieces as they are computed; their texts make up the whole text.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, or longer than the context.</exception>
    /// <exception cref="InvalidOperationException">This generator was used already.</exception>
    /// <exception cref="ContextOverflowException">Other sequences have taken the cache that the next token needs.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<GeneratedPiece> Generate(ReadOnlyMemory<int> prompt, CancellationToken cancellation = default)
    {
        if (prompt.IsEmpty) throw new ArgumentException("A prompt needs at least one token.", nameof(prompt));
        if (_sequence.Length + prompt.Length > _maxContext)
            throw new ArgumentException($"{_sequence.Length + prompt.Length} tokens do not fit into a context of {_maxContext}.", nameof(prompt));
        if (_started) throw new InvalidOperationException("A generator continues one text; make another for another text.");
        _started = true;
        return GeneratePieces(prompt, cancellation);
    }

    private IEnumerable<GeneratedPiece> GeneratePieces(ReadOnlyMemory<int> prompt, CancellationToken cancellation)
    {
        var detokenizer = new StreamingDetokenizer(_tokenizer, continuesText: HoldsText(_sequence.Tokens) || HoldsText(prompt.Span));
        _sampler.ObservePrompt(prompt.Span);
        var tokens = prompt;
        while (TokenCount < _options.MaxTokens && _sequence.Length + tokens.Length <= _maxContext)
        {
            for (; tokens.Length > PromptPart; tokens = tokens[PromptPart..])
            {
                cancellation.ThrowIfCancellationRequested();
                _engine.Evaluate(_sequence, tokens.Span[..PromptPart]);
            }

            cancellation.ThrowIfCancellationRequested();
            // A vocabulary may be padded: rows of the head behind the last token of the tokenizer are no tokens.
            int token = _sampler.Sample(_engine.Evaluate(_sequence, tokens.Span)[.._vocabularySize]);
            if (_stopTokens.Contains(token))
            {
                FinishReason = Inference.FinishReason.Stop;
                break;
            }

            TokenCount++;
            yield return new GeneratedPiece(token, _filter.Add(detokenizer.Add(token)), _sampler.LogProbability);
            if (_filter.Stopped) break;
            _next[0] = token;
            tokens = _next;
        }

        string rest = _filter.Add(detokenizer.Flush()) + _filter.Flush();
        FinishReason ??= _filter.Stopped ? Inference.FinishReason.Stop : Inference.FinishReason.Length;
        if (rest.Length > 0) yield return new GeneratedPiece(null, rest);
    }

    private bool HoldsText(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if (!_tokenizer.IsSpecial(token)) return true;
        }

        return false;
    }
}
