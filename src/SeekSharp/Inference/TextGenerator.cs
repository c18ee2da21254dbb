using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>Continues the text of one sequence, token by token.</summary>
public sealed class TextGenerator
{
    // A cancelled prompt ends behind this many tokens, not behind all of them.
    private const int PromptPart = 512;

    private readonly Engine engine;
    private readonly Sequence sequence;
    private readonly GenerationOptions options;
    private readonly IReadOnlySet<int> stopTokens;
    private readonly Sampler sampler;
    private readonly StreamingDetokenizer detokenizer;
    private readonly StopStringFilter filter;
    private readonly int[] next = new int[1];
    private bool started;

    /// <summary>Creates a generator.</summary>
    /// <param name="engine">What computes.</param>
    /// <param name="sequence">A sequence of the engine; the prompt is appended to what it holds.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How to continue and when to end, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TextGenerator(Engine engine, Sequence sequence, Tokenizer tokenizer, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        this.engine = engine;
        this.sequence = sequence;
        this.options = (options ?? new GenerationOptions()).Validate();
        stopTokens = this.options.StopTokens ?? tokenizer.EndOfText;
        sampler = new Sampler(this.options.Sampling, tokenizer.VocabularySize);
        detokenizer = new StreamingDetokenizer(tokenizer);
        filter = new StopStringFilter(this.options.StopStrings);
    }

    /// <summary>Why the text ended; null while it has not, and when it was cancelled.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>Number of tokens generated so far.</summary>
    public int TokenCount { get; private set; }

    /// <summary>The most probable tokens at the piece that was yielded last (<see cref="SamplerOptions.TopLogProbabilities"/>).</summary>
    public ReadOnlySpan<TokenLogProbability> TopLogProbabilities => sampler.TopLogProbabilities;

    /// <summary>Computes the prompt, then generates until the text ends. To be called once.</summary>
    /// <param name="prompt">Tokens to start from, at least one.</param>
    /// <param name="cancellation">Ends the generation between two tokens.</param>
    /// <returns>Pieces as they are computed; their texts make up the whole text.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, or longer than the context.</exception>
    /// <exception cref="InvalidOperationException">This generator was used already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<GeneratedPiece> Generate(ReadOnlyMemory<int> prompt, CancellationToken cancellation = default)
    {
        if (prompt.IsEmpty) throw new ArgumentException("A prompt needs at least one token.", nameof(prompt));
        if (sequence.Length + prompt.Length > options.MaxContext)
            throw new ArgumentException($"{sequence.Length + prompt.Length} tokens do not fit into a context of {options.MaxContext}.", nameof(prompt));
        if (started) throw new InvalidOperationException("A generator continues one text; make another for another text.");
        started = true;
        return GeneratePieces(prompt, cancellation);
    }

    private IEnumerable<GeneratedPiece> GeneratePieces(ReadOnlyMemory<int> prompt, CancellationToken cancellation)
    {
        sampler.ObservePrompt(prompt.Span);
        var tokens = prompt;
        while (TokenCount < options.MaxTokens && sequence.Length + tokens.Length <= options.MaxContext)
        {
            for (; tokens.Length > PromptPart; tokens = tokens[PromptPart..])
            {
                cancellation.ThrowIfCancellationRequested();
                engine.Evaluate(sequence, tokens.Span[..PromptPart]);
            }

            cancellation.ThrowIfCancellationRequested();
            int token = sampler.Sample(engine.Evaluate(sequence, tokens.Span));
            if (stopTokens.Contains(token))
            {
                FinishReason = Inference.FinishReason.Stop;
                break;
            }

            TokenCount++;
            yield return new GeneratedPiece(token, filter.Add(detokenizer.Add(token)), sampler.LogProbability);
            if (filter.Stopped) break;
            next[0] = token;
            tokens = next;
        }

        string rest = filter.Add(detokenizer.Flush()) + filter.Flush();
        FinishReason ??= filter.Stopped ? Inference.FinishReason.Stop : Inference.FinishReason.Length;
        if (rest.Length > 0) yield return new GeneratedPiece(null, rest);
    }
}
