using SeekSharp.Formats;
using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.Inference;

/// <summary>What an engine may use.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Instructions to use; null takes the best that the processor has.</summary>
    public KernelLevel? KernelLevel { get; init; }

    /// <summary>Storage of the cache.</summary>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>Tokens that all sequences together may hold; 0 takes the smaller of 4,096 and the model's own context.</summary>
    public int CacheTokens { get; init; }

    /// <summary>Most tokens that one forward pass takes; longer prompts are cut into chunks.</summary>
    public int MaxBatch { get; init; } = 512;
}

/// <summary>Tokens that one step appends to one sequence.</summary>
/// <param name="Sequence">A sequence of the engine; it appears once in a step.</param>
/// <param name="Tokens">At least one token.</param>
/// <param name="LogitCount">
/// How many of the last tokens' logits are wanted, at most as many as there are tokens. Above 1, the tokens behind the first of them are drafts that
/// may yet be cut off: their cache pages are offered for reuse only once the sequence goes on behind them.
/// </param>
public readonly record struct StepItem(Sequence Sequence, ReadOnlyMemory<int> Tokens, int LogitCount)
{
    /// <summary>Tokens without drafts.</summary>
    /// <param name="sequence">A sequence of the engine; it appears once in a step.</param>
    /// <param name="tokens">At least one token.</param>
    /// <param name="wantsLogits">Whether the logits behind the last token are wanted.</param>
    public StepItem(Sequence sequence, ReadOnlyMemory<int> tokens, bool wantsLogits) : this(sequence, tokens, wantsLogits ? 1 : 0) { }

    /// <summary>Whether any logits are wanted.</summary>
    public bool WantsLogits => LogitCount > 0;

    /// <summary>Tokens that may yet be cut off.</summary>
    internal int DraftCount => Math.Max(LogitCount - 1, 0);
}

/// <summary>
/// Computes: owns the threads, the cache and the buffers of a forward pass. One caller at a time, also for its sequences. What a sequence gets is
/// the same, bit for bit, whatever else is in a step, however its tokens are cut into steps, and for any number of threads.
/// </summary>
public sealed unsafe class Engine : IDisposable
{
    private const int DefaultCacheTokens = 4096;

    /// <summary>Logits of so many bytes at most are computed at once when those of all tokens are wanted.</summary>
    private const long LogitBytes = 32 << 20;

    private readonly LanguageModel _model;
    private readonly WorkerPool _pool;
    private readonly CachePool _cache;
    private readonly Workspace _workspace;
    private readonly ForwardBatch _batch;
    private readonly AlignedBuffer _logits;
    private readonly int[] _logitIndex;
    private readonly int _logitRows;
    private bool _disposed;

    /// <summary>Creates an engine.</summary>
    /// <param name="model">The model; it must outlive the engine.</param>
    /// <param name="options">What the engine may use, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is negative, or the processor lacks the kernel level.</exception>
    public Engine(LanguageModel model, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new EngineOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads);
        ArgumentOutOfRangeException.ThrowIfNegative(options.CacheTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBatch);
        KernelLevel = options.KernelLevel ?? KernelLevels.Best;
        if (!KernelLevels.IsSupported(KernelLevel))
            throw new ArgumentOutOfRangeException(nameof(options), $"This processor does not support the kernel level {KernelLevel}.");
        _model = model;
        ModelConfig config = model.Config;
        CacheTokens = options.CacheTokens > 0 ? options.CacheTokens : Math.Min(DefaultCacheTokens, config.ContextLength);
        MaxBatch = Math.Min(options.MaxBatch, CacheTokens);
        CacheLayout layout = model.Transformer.Cache;
        if (!CacheCodec.Suits(options.CacheType, layout.KeyLength) || !CacheCodec.Suits(options.CacheType, layout.ValueLength))
            throw new ArgumentException($"Keys of {layout.KeyLength} and values of {layout.ValueLength} cannot be cached as {options.CacheType}.", nameof(options));
        _pool = new WorkerPool(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        _cache = new CachePool(layout, model.Transformer.CacheLayers, options.CacheType, CacheTokens);
        _workspace = new Workspace(config, layout, CacheCodec.Element(options.CacheType), _pool, KernelLevel, MaxBatch, predicts: model.HasPrediction);
        _batch = new ForwardBatch(MaxBatch);
        _logitIndex = new int[MaxBatch];
        _logitRows = (int)Math.Clamp(LogitBytes / sizeof(float) / config.VocabularySize, 1, MaxBatch);
        _logits = new AlignedBuffer((long)MaxBatch * config.VocabularySize * sizeof(float));
        if (model.Transformer.Prediction is { } module) Prediction = new EnginePrediction(module, _workspace, (float*)_logits.Pointer, MaxBatch);
    }

    /// <summary>Instructions in use.</summary>
    public KernelLevel KernelLevel { get; }

    /// <summary>Tokens that all sequences together may hold.</summary>
    public int CacheTokens { get; }

    /// <summary>Most tokens of one step.</summary>
    public int MaxBatch { get; }

    /// <summary>Bytes that the cache occupies when it is full.</summary>
    public long CacheBytes => _cache.ByteCount;

    /// <summary>The model.</summary>
    public LanguageModel Model => _model;

    /// <summary>Bytes that a cache of some tokens occupies, for a model of this configuration.</summary>
    /// <param name="config">The model.</param>
    /// <param name="type">Storage of the cache.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <returns>The number of bytes.</returns>
    public static long CacheBytesFor(ModelConfig config, CacheType type, int tokens)
    {
        ArgumentNullException.ThrowIfNull(config);
        return CacheCodec.ByteCount(type, (long)tokens * config.LayerCount * TransformerBuilder.CacheLayout(config, LatentAttentionForm.Absorbed).FloatsPerToken);
    }

    /// <summary>About the bytes that the buffers of a forward pass occupy, for a model of this configuration; those of logits are counted for one token.</summary>
    /// <param name="config">The model.</param>
    /// <param name="maxBatch">Most tokens of one pass.</param>
    /// <returns>The number of bytes.</returns>
    public static long BufferBytesFor(ModelConfig config, int maxBatch = 512)
    {
        ArgumentNullException.ThrowIfNull(config);
        long attention = config.LatentAttention is { } latent
            ? latent.QueryRank + config.HeadCount * (2L * (latent.NopeDimension + latent.RotaryDimension) + 3L * latent.KeyValueRank + latent.ValueDimension)
            : 2L * (config.HeadCount + config.KeyValueHeadCount) * config.HeadDimension;
        long experts = config.MixtureOfExperts is { } mixture
            ? mixture.ExpertCount + mixture.ExpertsPerToken * (2L * mixture.ExpertWidth + config.HiddenSize) + 2L * mixture.SharedExpertCount * mixture.ExpertWidth
            : 0;
        long perToken = 3L * config.HiddenSize + attention + experts + 2L * config.FeedForwardSize;
        // Inputs of products exist once more as integers of a byte.
        return sizeof(float) * (config.VocabularySize + maxBatch * perToken * 5 / 4);
    }

    /// <summary>Cache pages in use by sequences, in tokens.</summary>
    public int CacheTokensInUse => (_cache.PageCount - _cache.AvailablePages) * PagedAttention.PageLength;

    /// <summary>What each expert has computed so far; null where the model has none.</summary>
    public ExpertLoad? ExpertLoad => _workspace.ExpertLoad;

    /// <summary>Names everything but the tokens that a page's bytes depend on; null where the model is not from a file.</summary>
    internal UInt128? CacheIdentity => _model.Identity is { } identity ? _cache.IdentityFor(identity, KernelLevel) : null;

    /// <summary>Forgets the prefixes that no sequence holds.</summary>
    internal void ForgetPrefixes() => _cache.ForgetIdle();

    /// <summary>Whether a new sequence of so many tokens would find free pages now.</summary>
    internal bool HasRoomFor(int tokens) => (tokens + PagedAttention.PageLength - 1) / PagedAttention.PageLength <= _cache.AvailablePages;

    /// <summary>Starts an empty sequence.</summary>
    /// <param name="trace">Observes or replays the choice of experts, or null.</param>
    /// <returns>The sequence; dispose it to give its cache pages back.</returns>
    public Sequence CreateSequence(RouterTrace? trace = null) => CreateSequence(trace, []);

    /// <summary>Starts an empty sequence that shares cached prefixes only with sequences of the same salt.</summary>
    /// <param name="trace">Observes or replays the choice of experts, or null. A traced sequence reuses nothing, so that every choice is made.</param>
    /// <param name="salt">Any bytes, for instance the hash of an API key.</param>
    /// <returns>The sequence; dispose it to give its cache pages back.</returns>
    public Sequence CreateSequence(RouterTrace? trace, ReadOnlySpan<byte> salt) => CreateSequence(trace, PageKey.Start(salt), predicts: false);

    /// <param name="trace">As above.</param>
    /// <param name="start">The key in front of the first page: prefixes are shared with sequences of the same one.</param>
    /// <param name="predicts">Whether the prediction module follows the sequence: its pages then hold the module's cache too, and are shared only with such sequences.</param>
    internal Sequence CreateSequence(RouterTrace? trace, PageKey start, bool predicts)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Sequence(this, new SequencePages(_cache, predicts ? start.WithPrediction() : start, publishes: trace is not { IsReplay: true }), trace, CacheTokens);
    }

    /// <summary>
    /// Appends tokens to several sequences in one forward pass: prompts and single decoded tokens may be mixed. Then <see cref="Logits"/> gives
    /// the logits of each item that wants them.
    /// </summary>
    /// <param name="items">At most <see cref="MaxBatch"/> tokens in all.</param>
    /// <exception cref="ContextOverflowException">The cache has no room for an item; nothing was computed and no sequence changed.</exception>
    /// <exception cref="ArgumentException">A sequence is of another engine or appears twice, an item is empty or wants logits of tokens that it has not, or there are too many tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public void Step(ReadOnlySpan<StepItem> items)
    {
        int total = 0;
        foreach (StepItem item in items)
        {
            Check(item.Sequence, item.Tokens.Span);
            if ((uint)item.LogitCount > (uint)item.Tokens.Length)
                throw new ArgumentException($"An item of {item.Tokens.Length} tokens cannot have the logits of {item.LogitCount}.", nameof(items));
            total += item.Tokens.Length;
        }

        if (total > MaxBatch) throw new ArgumentException($"A step takes at most {MaxBatch} tokens, not {total}.", nameof(items));
        for (int i = 0; i < items.Length; i++)
            for (int j = 0; j < i; j++)
                if (items[i].Sequence == items[j].Sequence) throw new ArgumentException("A sequence appears twice in a step.", nameof(items));
        for (int i = 0; i < items.Length; i++)
        {
            if (TryReserve(items[i].Sequence, items[i].Tokens.Length)) continue;
            for (int j = 0; j < i; j++) items[j].Sequence.Pages.Truncate(items[j].Sequence.Length);
            throw Overflow(items[i].Sequence, items[i].Tokens.Length);
        }

        _batch.Clear();
        int logits = 0;
        for (int i = 0; i < items.Length; i++)
        {
            StepItem item = items[i];
            _logitIndex[i] = logits;
            logits += item.LogitCount;
            _batch.Add(item.Tokens.Span, item.Sequence.Length, item.Sequence.Pages, item.Sequence.Trace, item.LogitCount);
        }

        Forward();
        foreach (StepItem item in items) item.Sequence.Append(item.Tokens.Span, item.DraftCount);
    }

    /// <summary>The logits of an item of the last <see cref="Step"/>.</summary>
    /// <param name="item">Index of the item; it wanted logits.</param>
    /// <param name="index">Which of its logits: 0 are those of the first token whose logits it wanted.</param>
    /// <returns>Logits [vocabulary], valid until the next step.</returns>
    public ReadOnlySpan<float> Logits(int item, int index = 0) => LogitRow(_logitIndex[item] + index);

    /// <summary>The prediction module, for sequences of the last step; null where the model has none.</summary>
    internal EnginePrediction? Prediction { get; }

    /// <summary>Row of an item's first token in the last <see cref="Step"/>.</summary>
    internal int FirstRow(int item) => _batch.Segments[item].FirstRow;

    /// <summary>Appends tokens to a sequence, in as many steps as it takes, and computes the logits behind the last one.</summary>
    /// <param name="sequence">A sequence of this engine.</param>
    /// <param name="tokens">At least one token.</param>
    /// <returns>Logits [vocabulary], valid until the next call.</returns>
    /// <exception cref="ContextOverflowException">The cache has no room for the tokens; the sequence is unchanged.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public ReadOnlySpan<float> Evaluate(Sequence sequence, ReadOnlySpan<int> tokens)
    {
        Check(sequence, tokens);
        if (!TryReserve(sequence, tokens.Length)) throw Overflow(sequence, tokens.Length);
        for (; tokens.Length > MaxBatch; tokens = tokens[MaxBatch..]) Forward(sequence, tokens[..MaxBatch], logitCount: 0);
        Forward(sequence, tokens, logitCount: 1);
        return LogitRow(0);
    }

    /// <summary>Appends tokens to a sequence and computes the logits behind each of them.</summary>
    /// <param name="sequence">A sequence of this engine.</param>
    /// <param name="tokens">At least one token.</param>
    /// <param name="logits">Receives [tokens, vocabulary].</param>
    /// <exception cref="ContextOverflowException">The cache has no room for the tokens; the sequence is unchanged.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    /// <exception cref="ArgumentException"><paramref name="logits"/> has another size.</exception>
    public void EvaluateAll(Sequence sequence, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        Check(sequence, tokens);
        int vocabulary = _model.Config.VocabularySize;
        if (logits.Length != (long)tokens.Length * vocabulary) throw new ArgumentException("The logits need [tokens, vocabulary] floats.", nameof(logits));
        if (!TryReserve(sequence, tokens.Length)) throw Overflow(sequence, tokens.Length);
        while (!tokens.IsEmpty)
        {
            int count = Math.Min(tokens.Length, _logitRows);
            Forward(sequence, tokens[..count], count);
            new ReadOnlySpan<float>(_logits.Pointer, count * vocabulary).CopyTo(logits);
            tokens = tokens[count..];
            logits = logits[(count * vocabulary)..];
        }
    }

    /// <summary>Frees the cache and ends the threads.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _workspace.Dispose();
        _cache.Dispose();
        _logits.Dispose();
        _pool.Dispose();
    }

    private void Check(Sequence sequence, ReadOnlySpan<int> tokens)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Engine != this) throw new ArgumentException("The sequence belongs to another engine.", nameof(sequence));
        if (tokens.IsEmpty) throw new ArgumentException("There must be at least one token.", nameof(tokens));
        foreach (int token in tokens)
            if ((uint)token >= (uint)_model.Config.VocabularySize)
                throw new ArgumentOutOfRangeException(nameof(tokens), $"Token {token} is not in the vocabulary of {_model.Config.VocabularySize}.");
    }

    private static bool TryReserve(Sequence sequence, int count) => sequence.Pages.TryReserve(sequence.Length, sequence.Length + count);

    private ContextOverflowException Overflow(Sequence sequence, int count) => new(
        $"{count} tokens behind the {sequence.Length} already there do not fit into the cache of {CacheTokens}; give the engine a larger context.");

    private ReadOnlySpan<float> LogitRow(int row) => new((float*)_logits.Pointer + (long)row * _model.Config.VocabularySize, _model.Config.VocabularySize);

    private void Forward(Sequence sequence, ReadOnlySpan<int> tokens, int logitCount)
    {
        _batch.Clear();
        _batch.Add(tokens, sequence.Length, sequence.Pages, sequence.Trace, logitCount);
        Forward();
        sequence.Append(tokens);
    }

    private void Forward() => _model.Transformer.Forward(_batch, _workspace, (float*)_logits.Pointer);
}
