using System.Diagnostics;

namespace SeekSharp.Inference;

/// <summary>How requests share an engine.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Most prompt tokens in one step while replies are running, so that a long prompt does not stall them. Default 128.</summary>
    public int PromptTokensPerStep { get; init; } = 128;
}

/// <summary>
/// Lets many requests share one engine (continuous batching): each step decodes one token of every running reply, verifies drafts of the tokens behind it, and
/// computes a part of the prompts that wait; requests join and leave between any two steps. When cache pages run out, the youngest request gives up its pages and is
/// computed again later: its reply is the same, since results do not depend on how tokens are cut into steps.
/// </summary>
/// <remarks>Thread-safe. The scheduler has a thread of its own and is the only caller of its engine.</remarks>
public sealed class Scheduler : IDisposable
{
    private readonly Engine _engine;
    private readonly SchedulerOptions _options;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Queue<ScheduledRequest> _submitted = new();

    // Only the scheduler's thread touches these.
    private readonly LinkedList<ScheduledRequest> _waiting = new();
    private readonly List<ScheduledRequest> _running = [];
    private readonly List<ScheduledRequest> _inStep = [];
    private readonly List<RequestDrafts> _proposed = [];
    private readonly StepItem[] _items;
    private readonly StepCosts _costs;
    private readonly DraftPlanner _planner;
    private readonly Predictor? _predictor;
    private readonly int[] _starts;
    private volatile bool _disposed;

    /// <summary>Starts a scheduler.</summary>
    /// <param name="engine">The engine; the scheduler uses it alone and does not dispose it.</param>
    /// <param name="options">How requests share it, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Scheduler(Engine engine, SchedulerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _options = options ?? new SchedulerOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.PromptTokensPerStep, 1, nameof(options));
        _engine = engine;
        _items = new StepItem[engine.MaxBatch];
        _costs = new StepCosts(engine.Model.Config);
        _planner = new DraftPlanner(_costs);
        _starts = new int[engine.MaxBatch];
        if (engine.Prediction is not null) _predictor = new Predictor(engine, _planner, _costs);
        _thread = new Thread(Loop) { IsBackground = true, Name = "SeekSharp scheduler" };
        _thread.Start();
    }

    /// <summary>The engine.</summary>
    public Engine Engine => _engine;

    /// <summary>Queues a request.</summary>
    /// <param name="request">What to continue.</param>
    /// <param name="cancellation">Ends the reply between two tokens.</param>
    /// <returns>The reply, token by token.</returns>
    /// <exception cref="ContextOverflowException">The prompt does not fit into the engine's cache.</exception>
    /// <exception cref="ArgumentException">The request is malformed, or has a token that is not in the vocabulary.</exception>
    public TokenReply Submit(TokenRequest request, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(request);
        request.Validate();
        int vocabulary = _engine.Model.Config.VocabularySize;
        foreach (int token in request.Prompt.Span)
            if ((uint)token >= (uint)vocabulary) throw new ArgumentOutOfRangeException(nameof(request), $"Token {token} is not in the vocabulary of {vocabulary}.");
        if (request.Speculation is { Kind: DraftKind.MultiTokenPrediction, Source: null } && !_engine.Model.HasPrediction)
            throw new ArgumentException("The model has no multi-token-prediction module, or was loaded without it; speculate from n-grams.", nameof(request));
        if (request.Prompt.Length > _engine.CacheTokens)
            throw new ContextOverflowException($"A prompt of {request.Prompt.Length} tokens does not fit into the context of {_engine.CacheTokens} tokens.");
        var scheduled = new ScheduledRequest(request, vocabulary, _engine.CacheTokens, cancellation);
        if (request.MaxTokens == 0)
        {
            scheduled.Reply.Finish(FinishReason.Length);
            return scheduled.Reply;
        }

        lock (_lock) _submitted.Enqueue(scheduled);
        _wake.Release();
        return scheduled.Reply;
    }

    /// <summary>Ends all replies and the thread.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Loop()
    {
        while (!_disposed)
        {
            TakeSubmitted();
            RemoveCancelled();
            Admit();
            if (_running.Count == 0)
            {
                // Waiting requests can always be admitted when nothing runs, so there is nothing to do.
                _wake.Wait();
                continue;
            }

            Step();
        }

        foreach (ScheduledRequest request in _running)
        {
            request.Pause();
            request.Reply.Cancel();
        }

        foreach (ScheduledRequest request in _waiting) request.Reply.Cancel();
        lock (_lock)
            while (_submitted.TryDequeue(out ScheduledRequest? request)) request.Reply.Cancel();
    }

    private void TakeSubmitted()
    {
        lock (_lock)
            while (_submitted.TryDequeue(out ScheduledRequest? request)) _waiting.AddLast(request);
    }

    private void RemoveCancelled()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            ScheduledRequest request = _running[i];
            if (!request.Reply.IsCancelled) continue;
            Remove(request);
            request.Reply.Cancel();
        }

        for (LinkedListNode<ScheduledRequest>? node = _waiting.First; node is not null;)
        {
            LinkedListNode<ScheduledRequest>? next = node.Next;
            if (node.Value.Reply.IsCancelled)
            {
                node.Value.Reply.Cancel();
                _waiting.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>Starts waiting requests, first come first served, while the cache has room for their prompts.</summary>
    private void Admit()
    {
        while (_waiting.First is { } first && _running.Count < _engine.MaxBatch)
        {
            ScheduledRequest request = first.Value;
            if (_running.Count > 0 && !_engine.HasRoomFor(request.TokenCount + 1)) return;
            _waiting.RemoveFirst();
            request.Start(_engine);
            _running.Add(request);
        }
    }

    private void Step()
    {
        long start = Stopwatch.GetTimestamp();
        int decoded = ChooseItems();
        if (_inStep.Count == 0) return;
        for (int i = 0; i < _inStep.Count; i++) _starts[i] = _inStep[i].Sequence!.Length;
        try
        {
            _engine.Step(_items.AsSpan(0, _inStep.Count));
        }
        catch (Exception exception)
        {
            // Nothing is known about the state of these requests any more; the others go on.
            foreach (ScheduledRequest request in _inStep)
            {
                Remove(request);
                request.Reply.Fail(exception);
            }

            return;
        }

        for (int i = 0; i < _inStep.Count; i++)
            if (_items[i].WantsLogits) Sample(_inStep[i], i);
        if (decoded > 0) _costs.Observe(decoded, Stopwatch.GetElapsedTime(start).TotalSeconds);
        _predictor?.Follow(_inStep, _starts, isDecodingOnly: decoded > 0);
    }

    /// <summary>Every running reply gets its next token; prompts get a part of the step, in the order of their arrival, and drafts what is left of it.</summary>
    /// <returns>Tokens of the step, where there are no prompts in it; otherwise 0.</returns>
    private int ChooseItems()
    {
        _inStep.Clear();
        PlanDrafts();
        int room = _engine.MaxBatch;
        for (int i = 0; i < _running.Count && room > 0; i++)
            if (_running[i].IsDecoding && TryAdd(_running[i], 1)) room--;
        int decoding = _inStep.Count, promptRoom = decoding > 0 ? Math.Min(room, _options.PromptTokensPerStep) : room;
        for (int i = 0; i < _running.Count && promptRoom > 0; i++)
        {
            ScheduledRequest request = _running[i];
            if (request.IsDecoding) continue;
            int count = Math.Min(promptRoom, request.PendingCount);
            if (!TryAdd(request, count)) continue;
            promptRoom -= count;
            room -= count;
        }

        for (int i = 0; i < decoding; i++) room -= AddDrafts(i, room);
        return _inStep.Count == decoding ? _engine.MaxBatch - room : 0;
    }

    /// <summary>Adds drafts to a request that is in the step already, as many as there is room for: they never push another request out.</summary>
    /// <returns>How many.</returns>
    private int AddDrafts(int item, int room)
    {
        ScheduledRequest request = _inStep[item];
        if (request.Drafts is not { Count: > 0 } drafts) return 0;
        Sequence sequence = request.Sequence!;
        int count = Math.Min(drafts.Count, room);
        drafts.Limit(sequence.Pages.TryReserve(sequence.Length, sequence.Length + 1 + count) ? count : 0);
        _items[item] = new StepItem(sequence, request.Next(1 + drafts.Count), 1 + drafts.Count);
        return drafts.Count;
    }

    /// <summary>Lets all that decode propose drafts, and chooses among them.</summary>
    private void PlanDrafts()
    {
        _proposed.Clear();
        int decoding = 0;
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            ScheduledRequest request = _running[i];
            if (!request.IsDecoding) continue;
            try
            {
                request.ProposeDrafts(_engine.Model.Config.VocabularySize);
                decoding++;
                if (request.Drafts is { Available: > 0 } drafts) _proposed.Add(drafts);
            }
            catch (Exception exception)
            {
                // A source may be the caller's own; it is the caller's reply alone that fails.
                Remove(request);
                request.Reply.Fail(exception);
            }
        }

        _planner.Plan(_proposed, decoding);
    }

    /// <summary>
    /// Adds a request's next tokens to the step. Where pages run out, the youngest requests go back to wait, unless they are in the step already;
    /// the oldest request always gets on.
    /// </summary>
    private bool TryAdd(ScheduledRequest request, int count)
    {
        Sequence sequence = request.Sequence!;
        while (!sequence.Pages.TryReserve(sequence.Length, sequence.Length + count))
        {
            ScheduledRequest youngest = _running[^1];
            if (_inStep.Contains(youngest)) return false;
            Remove(youngest);
            _waiting.AddFirst(youngest);
            if (youngest == request) return false;
        }

        _items[_inStep.Count] = new StepItem(sequence, request.Next(count), wantsLogits: count == request.PendingCount);
        _inStep.Add(request);
        return true;
    }

    private void Sample(ScheduledRequest request, int item)
    {
        try
        {
            if (request.Sample(_engine, item) is not { } reason) return;
            Remove(request);
            request.Reply.Finish(reason);
        }
        catch (NotFiniteNumberException exception)
        {
            Remove(request);
            request.Reply.Fail(exception);
        }
    }

    /// <summary>Takes a request off the engine: its pages are free before its reader learns of anything.</summary>
    private void Remove(ScheduledRequest request)
    {
        _running.Remove(request);
        request.Pause();
    }
}
