using System.Diagnostics;

namespace SeekSharp.Inference;

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
    private readonly KeyValuePair<string, object?> _model;
    private readonly int _maxRunning;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Queue<ScheduledRequest> _submitted = new();
    private readonly QueueTimes _queueTimes = new();
    private int _waitingCount, _runningCount, _tokensInUse;
    private volatile bool _mustForget;

    // Only the scheduler's thread touches these.
    private readonly FairQueue _queue = new();
    private readonly List<ScheduledRequest> _running = [];
    private readonly List<ScheduledRequest> _inOrder = [];
    private readonly List<ScheduledRequest> _planned = [];
    private readonly List<ScheduledRequest> _inStep = [];
    private readonly List<RequestDrafts> _proposed = [];
    private readonly Dictionary<string, PrefixShelf> _shelves = new(StringComparer.Ordinal);
    private readonly StepItem[] _items;
    private readonly StepCosts _costs;
    private readonly PromptPace _pace;
    private readonly DraftPlanner _planner;
    private readonly Predictor? _predictor;
    private readonly Func<ScheduledRequest, bool> _tryStart, _removeEnded;
    private readonly Action _wakeUp;
    private readonly int[] _starts;
    private readonly UInt128? _cacheIdentity;
    private volatile bool _disposed;

    /// <summary>Starts a scheduler.</summary>
    /// <param name="engine">The engine; the scheduler uses it alone and does not dispose it.</param>
    /// <param name="options">How requests share it, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Scheduler(Engine engine, SchedulerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _options = (options ?? new SchedulerOptions()).Validate();
        _engine = engine;
        _model = new KeyValuePair<string, object?>(InferenceMeter.ModelTag, _options.Name ?? engine.Model.Config.Name);
        _maxRunning = _options.MaxRunning > 0 ? Math.Min(_options.MaxRunning, engine.MaxBatch) : engine.MaxBatch;
        _items = new StepItem[engine.MaxBatch];
        _costs = new StepCosts(engine.Model.Config);
        _pace = new PromptPace(_costs, _options.PromptTokensPerStep, _options.MaximumStepTime);
        _planner = new DraftPlanner(_costs);
        _starts = new int[engine.MaxBatch];
        _cacheIdentity = _options.PrefixStore is null ? null : engine.CacheIdentity;
        if (engine.Prediction is not null) _predictor = new Predictor(engine, _planner, _costs);
        (_tryStart, _removeEnded, _wakeUp) = (TryStart, EndIfUnwanted, WakeUp);
        _thread = new Thread(Loop) { IsBackground = true, Name = "SeekSharp scheduler" };
        InferenceMeter.Register(this, _model);
        _thread.Start();
    }

    /// <summary>The engine.</summary>
    public Engine Engine => _engine;

    /// <summary>Requests that wait to be started.</summary>
    public int WaitingCount => Volatile.Read(ref _waitingCount);

    /// <summary>Requests that hold cache pages.</summary>
    public int RunningCount => Volatile.Read(ref _runningCount);

    /// <summary>Cache pages that requests hold, in tokens, as of the last step.</summary>
    public int CacheTokensInUse => Volatile.Read(ref _tokensInUse);

    /// <summary>How long a request that is submitted now will wait, by how fast the queue has moved lately; 0 where nothing is known.</summary>
    public TimeSpan ExpectedWait => _queueTimes.Expect(WaitingCount);

    /// <summary>Queues a request.</summary>
    /// <param name="request">What to continue.</param>
    /// <param name="cancellation">Ends the reply between two tokens.</param>
    /// <returns>The reply, token by token.</returns>
    /// <exception cref="ContextOverflowException">The prompt does not fit into the engine's cache.</exception>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    /// <exception cref="ArgumentException">The request is malformed, or has a token that is not in the vocabulary.</exception>
    public TokenReply Submit(TokenRequest request, CancellationToken cancellation = default) => Submit(request, 1, cancellation)[0];

    /// <summary>Queues a request for several replies: the prompt is computed once. The first reply is that of the request alone; the seeds of the others follow from its seed.</summary>
    /// <param name="request">What to continue. Several replies cannot share a <see cref="TokenRequest.Trace"/> or a <see cref="SpeculationOptions.Source"/>.</param>
    /// <param name="count">Number of replies, at least 1.</param>
    /// <param name="cancellation">Ends the replies between two tokens.</param>
    /// <returns>The replies.</returns>
    /// <exception cref="ContextOverflowException">The prompt does not fit into the engine's cache.</exception>
    /// <exception cref="QueueFullException">Too many requests wait already.</exception>
    /// <exception cref="ArgumentException">The request is malformed, or has a token that is not in the vocabulary.</exception>
    public IReadOnlyList<TokenReply> Submit(TokenRequest request, int count, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Check(request, count);
        int vocabulary = _engine.Model.Config.VocabularySize;
        ScheduledRequest[] all = [.. Enumerable.Range(0, count).Select(i => new ScheduledRequest(Variant(request, i), vocabulary, _engine.CacheTokens, cancellation))];
        if (request.MaxTokens == 0)
        {
            foreach (ScheduledRequest one in all) one.Reply.Finish(FinishReason.Length);
        }
        else
        {
            all[0].Siblings = count > 1 ? [.. all[1..]] : null;
            lock (_lock)
            {
                RequireRoom(count);
                Volatile.Write(ref _waitingCount, _waitingCount + count);
                _submitted.Enqueue(all[0]);
            }

            _wake.Release();
        }

        return [.. all.Select(one => one.Reply)];
    }

    /// <summary>
    /// Erases the prefixes of a tenant, or of all, from the <see cref="SchedulerOptions.PrefixStore"/>, and all those from memory that no request holds (at the next step).
    /// </summary>
    /// <param name="tenant">The tenant (<see cref="TokenRequest.Tenant"/>), or null for all.</param>
    /// <returns>Bytes that were removed from disk.</returns>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Something cannot be removed.</exception>
    public long ErasePrefixes(string? tenant = null)
    {
        _mustForget = true;
        WakeUp();
        return _options.PrefixStore?.Erase(tenant) ?? 0;
    }

    /// <summary>Ends all replies and the thread.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        _wake.Release();
        _thread.Join();
        InferenceMeter.Unregister(this);
        _wake.Dispose();
    }

    private static TokenRequest Variant(TokenRequest request, int index) => index == 0 ? request : request with
    {
        Sampling = request.Sampling with { Seed = request.Sampling.Seed is { } seed ? unchecked(seed + index * (long)0x9E3779B97F4A7C15) : null },
    };

    private void Check(TokenRequest request, int count)
    {
        request.Validate();
        int vocabulary = _engine.Model.Config.VocabularySize;
        if (request.Speculation is { Kind: DraftKind.MultiTokenPrediction, Source: null } && !_engine.Model.HasPrediction)
            throw new ArgumentException("The model has no multi-token-prediction module, or was loaded without it; speculate from n-grams.", nameof(request));
        if (count > 1 && (request.Trace is not null || request.Speculation.Source is not null))
            throw new ArgumentException("Several replies cannot share a trace or a source of drafts; ask for one at a time.", nameof(request));
        foreach (int token in request.Prompt.Span)
            if ((uint)token >= (uint)vocabulary) throw new ArgumentOutOfRangeException(nameof(request), $"Token {token} is not in the vocabulary of {vocabulary}.");
        if (request.Prompt.Length > _engine.CacheTokens)
            throw new ContextOverflowException($"A prompt of {request.Prompt.Length} tokens does not fit into the context of {_engine.CacheTokens} tokens.");
    }

    private void RequireRoom(int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        TimeSpan wait = _queueTimes.Expect(_waitingCount);
        if (count <= _options.MaxWaiting - (long)_waitingCount && !(wait > _options.MaxExpectedWait)) return;
        Count("refused");
        throw new QueueFullException(_waitingCount, wait < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : wait);
    }

    private void Loop()
    {
        while (!_disposed)
        {
            TakeSubmitted();
            RemoveEnded();
            TakeLoaded();
            if (_mustForget) Forget();
            bool didStep = (_running.Count > 0 || _queue.Count > 0) && Step();
            PublishCounts();
            if (didStep) continue;
            if (_running.Count == 0 && _queue.Count == 0) _wake.Wait();
            else if (_running.Exists(request => request.IsLoading)) _wake.Wait(TimeSpan.FromMilliseconds(5)); // a request may be cancelled meanwhile
        }

        End();
    }

    private void WakeUp()
    {
        try
        {
            _wake.Release();
        }
        catch (ObjectDisposedException)
        {
            // There is nobody to wake.
        }
    }

    private void End()
    {
        foreach (ScheduledRequest request in _running)
        {
            request.Pause();
            Cancel(request);
        }

        _queue.Clear(Cancel);
        lock (_lock)
            while (_submitted.TryDequeue(out ScheduledRequest? request)) Cancel(request);

        static void Cancel(ScheduledRequest request)
        {
            request.Reply.Cancel();
            foreach (ScheduledRequest sibling in request.Siblings ?? []) sibling.Reply.Cancel();
        }
    }

    private void TakeSubmitted()
    {
        lock (_lock)
            while (_submitted.TryDequeue(out ScheduledRequest? request)) _queue.Enqueue(request);
    }

    /// <summary>Ends requests that nobody waits for any more, or that are late: their pages are free before the next step.</summary>
    private void RemoveEnded()
    {
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            ScheduledRequest request = _running[i];
            if (!MustEnd(request)) continue;
            Remove(request);
            EndUnwanted(request);
        }

        _queue.RemoveWhere(_removeEnded);
    }

    private static bool MustEnd(ScheduledRequest request) => request.Reply.IsCancelled || request.IsLate(Stopwatch.GetTimestamp());

    private bool EndIfUnwanted(ScheduledRequest request)
    {
        if (!MustEnd(request)) return false;
        EndUnwanted(request);
        return true;
    }

    private void EndUnwanted(ScheduledRequest request)
    {
        MarkStarted(request);
        if (request.Reply.IsCancelled)
        {
            Count("cancelled");
            request.Reply.Cancel();
        }
        else
        {
            Count("late");
            request.Reply.Fail(new TimeoutException("The reply took longer than its time limit."));
        }

        if (request.Siblings is not { } siblings) return;
        // The others may still be wanted: one of them leads them now.
        request.Siblings = null;
        siblings.RemoveAll(EndIfUnwanted);
        if (siblings is not [var first, .. var rest]) return;
        first.Siblings = rest.Count > 0 ? rest : null;
        lock (_lock) _submitted.Enqueue(first);
        WakeUp();
    }

    private void TakeLoaded()
    {
        foreach (ScheduledRequest request in _running)
        {
            if (!request.IsLoaded) continue;
            int before = request.Reply.CachedPromptTokens;
            request.EndLoad();
            InferenceMeter.CachedTokens.Add(request.Reply.CachedPromptTokens - before, _model);
        }
    }

    private void Forget()
    {
        _mustForget = false;
        _engine.ForgetPrefixes();
    }

    private void PublishCounts()
    {
        Volatile.Write(ref _runningCount, _running.Count);
        Volatile.Write(ref _tokensInUse, _engine.CacheTokensInUse);
    }

    /// <summary>Gives a waiting request pages, if there is room for its prompt.</summary>
    private bool TryStart(ScheduledRequest request)
    {
        if (_running.Count >= _maxRunning || (_running.Count > 0 && !_engine.HasRoomFor(request.TokenCount + 1))) return false;
        bool isNew = !request.HasStarted;
        request.Start(_engine, _options.SharesPrefixesBetweenTenants, ShelfFor(request), _wakeUp);
        _running.Add(request);
        if (!isNew) return true;
        MarkStarted(request);
        _queueTimes.ObserveStart(request.SubmittedAt, Stopwatch.GetTimestamp());
        InferenceMeter.QueueTime.Record(request.Reply.QueueTime!.Value.TotalSeconds, _model);
        InferenceMeter.PromptTokens.Add(request.Reply.PromptTokens, _model);
        InferenceMeter.CachedTokens.Add(request.Reply.CachedPromptTokens, _model);
        return true;
    }

    /// <summary>A request does not wait any more to be started.</summary>
    private void MarkStarted(ScheduledRequest request)
    {
        if (request.IsCounted) return;
        request.IsCounted = true;
        lock (_lock) Volatile.Write(ref _waitingCount, _waitingCount - 1);
    }

    /// <summary>Where the pages of a request are kept on disk; null where they are not.</summary>
    private PrefixShelf? ShelfFor(ScheduledRequest request)
    {
        if (_cacheIdentity is not { } identity || _options.PrefixStore is not { } store || !request.KeepsPrefix(store.MinTokens)) return null;
        if (_shelves.TryGetValue(request.Tenant, out PrefixShelf? shelf)) return shelf;
        if (_shelves.Count >= 1024) _shelves.Clear(); // tenants come and go
        return _shelves[request.Tenant] = store.Shelf(request.Tenant, identity);
    }

    /// <summary>Computes the next tokens.</summary>
    /// <returns>Whether there were any.</returns>
    private bool Step()
    {
        long start = Stopwatch.GetTimestamp();
        (int decoding, int prompt) = ChooseItems();
        if (_inStep.Count == 0) return false;
        for (int i = 0; i < _inStep.Count; i++) _starts[i] = _inStep[i].Sequence!.Length;
        try
        {
            _engine.Step(_items.AsSpan(0, _inStep.Count));
        }
        catch (Exception exception)
        {
            // Nothing is known about the state of these requests any more; the others go on.
            foreach (ScheduledRequest request in _inStep) Fail(request, exception);
            return true;
        }

        for (int i = 0; i < _inStep.Count; i++)
        {
            if (!_items[i].WantsLogits) continue;
            if (_inStep[i].Siblings is not null) StartSiblings(_inStep[i], i);
            Sample(_inStep[i], i);
        }

        Observe(decoding, prompt, Stopwatch.GetElapsedTime(start).TotalSeconds);
        _predictor?.Follow(_inStep, _starts, isDecodingOnly: prompt == 0);
        foreach (ScheduledRequest request in _inStep)
            if (request.Sequence is not null) Keep(request);
        return true;
    }

    private void Observe(int decoding, int prompt, double seconds)
    {
        if (prompt == 0) _costs.Observe(decoding, seconds);
        else _pace.Observe(prompt, decoding, seconds);
        InferenceMeter.StepTime.Record(seconds, _model);
    }

    private void Keep(ScheduledRequest request)
    {
        if (ShelfFor(request) is { } shelf) request.Keep(shelf);
    }

    /// <summary>Lets the other replies to a prompt that is computed now take its pages over, with their first token from the same logits.</summary>
    private void StartSiblings(ScheduledRequest leader, int item)
    {
        foreach (ScheduledRequest sibling in leader.Siblings!)
        {
            if (EndIfUnwanted(sibling)) continue;
            MarkStarted(sibling);
            if (_running.Count >= _maxRunning)
            {
                _queue.Return(sibling); // it will find the prompt's pages
                continue;
            }

            sibling.StartFrom(leader);
            _running.Add(sibling);
            _queue.EnterRunning(sibling);
            Sample(sibling, item);
        }

        leader.Siblings = null;
    }

    /// <summary>Every running reply gets its next token; prompts get a part of the step, each tenant its share of it, and drafts what is left.</summary>
    /// <returns>Tokens of the step that are decoded, drafts among them, and those of prompts.</returns>
    private (int Decoding, int Prompt) ChooseItems()
    {
        _inStep.Clear();
        int room = _engine.MaxBatch, prompt = 0;
        _inOrder.Clear();
        _inOrder.AddRange(_running);
        foreach (ScheduledRequest request in _inOrder)
        {
            // It may have had to make room for those before it.
            if (room > 0 && request is { Sequence: not null, IsLoading: false, IsDecoding: true } && TryAdd(request, 1)) room--;
        }

        int decoding = _inStep.Count;
        _queue.ShareOut(decoding > 0 ? Math.Min(room, _pace.TokensBeside(decoding)) : room, _running, _tryStart, _planned);
        foreach (ScheduledRequest request in _planned)
        {
            if (request.Sequence is null || !TryAdd(request, request.Planned)) continue;
            room -= request.Planned;
            if (request.IsDecoding) decoding++; // the cache had all of the prompt but its last token
            else prompt += request.Planned;
        }

        decoding -= PlanDrafts(decoding);
        int drafts = 0;
        for (int i = 0; i < _inStep.Count; i++)
            if (_inStep[i].IsDecoding) drafts += AddDrafts(i, room - drafts);
        return (decoding + drafts, prompt);
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

    /// <summary>Lets all that decode in the step propose drafts, and chooses among them.</summary>
    /// <returns>How many failed at that, and are not in the step any more.</returns>
    private int PlanDrafts(int decoding)
    {
        _proposed.Clear();
        int failed = 0;
        for (int i = _inStep.Count - 1; i >= 0; i--)
        {
            ScheduledRequest request = _inStep[i];
            if (!request.IsDecoding) continue;
            try
            {
                // Others that take over its sequence want it to end with the prompt.
                if (request.Siblings is not null) request.Drafts?.Clear();
                else request.ProposeDrafts(_engine.Model.Config.VocabularySize);
                if (request.Drafts is { Available: > 0 } drafts) _proposed.Add(drafts);
            }
            catch (Exception exception)
            {
                // A source may be the caller's own; it is the caller's reply alone that fails.
                Fail(request, exception);
                _inStep.RemoveAt(i);
                _items.AsSpan(i + 1, _inStep.Count - i).CopyTo(_items.AsSpan(i));
                failed++;
            }
        }

        _planner.Plan(_proposed, decoding - failed);
        return failed;
    }

    /// <summary>
    /// Adds a request's next tokens to the step. Where pages run out, others go back to wait, unless they are in the step already; the oldest request always gets on.
    /// </summary>
    private bool TryAdd(ScheduledRequest request, int count)
    {
        Sequence sequence = request.Sequence!;
        while (!sequence.Pages.TryReserve(sequence.Length, sequence.Length + count))
        {
            if (FindVictim(request) is not { } victim) return false;
            _queue.Return(victim);
            Remove(victim);
            InferenceMeter.Preemptions.Add(1, _model);
            if (victim == request) return false;
        }

        _items[_inStep.Count] = new StepItem(sequence, request.Next(count), wantsLogits: count == request.PendingCount);
        _inStep.Add(request);
        return true;
    }

    /// <summary>The youngest request of the tenant that has most of them; null where all others are in the step.</summary>
    private ScheduledRequest? FindVictim(ScheduledRequest wanting)
    {
        ScheduledRequest? victim = null;
        for (int i = _running.Count - 1; i >= 0; i--)
        {
            ScheduledRequest request = _running[i];
            if (request.IsLoading || _inStep.Contains(request) || (i == 0 && request != wanting)) continue;
            if (victim is null || request.Share!.RunningCount > victim.Share!.RunningCount) victim = request;
        }

        // The oldest waits for the others' next step rather than give up what it has.
        return victim == wanting && _running[0] == wanting && _running.Count > 1 ? null : victim;
    }

    private void Sample(ScheduledRequest request, int item)
    {
        try
        {
            int before = request.TokenCount;
            bool isFirst = request.Reply.TimeToFirstToken is null;
            FinishReason? reason = request.Sample(_engine, item);
            InferenceMeter.ReplyTokens.Add(request.TokenCount - before, _model);
            if (isFirst && request.Reply.TimeToFirstToken is { } time) InferenceMeter.TimeToFirstToken.Record(time.TotalSeconds, _model);
            if (reason is { } end) Finish(request, end);
        }
        catch (NotFiniteNumberException exception)
        {
            Fail(request, exception);
        }
    }

    private void Finish(ScheduledRequest request, FinishReason reason)
    {
        // The prediction module has not seen the last step: what it should have made of it is not in the pages.
        if (!request.Predicts) Keep(request);
        Remove(request);
        Count(reason == FinishReason.Stop ? "stop" : "length");
        if (request.TokenRate is { } rate) InferenceMeter.TokenRate.Record(rate, _model);
        request.Reply.Finish(reason);
    }

    private void Fail(ScheduledRequest request, Exception exception)
    {
        Remove(request);
        Count("failed");
        request.Reply.Fail(exception);
        foreach (ScheduledRequest sibling in request.Siblings ?? [])
        {
            MarkStarted(sibling);
            Count("failed");
            sibling.Reply.Fail(exception);
        }
    }

    private void Count(string end) => InferenceMeter.Requests.Add(1, _model, new KeyValuePair<string, object?>(InferenceMeter.EndTag, end));

    /// <summary>Takes a request off the engine: its pages are free before its reader learns of anything.</summary>
    private void Remove(ScheduledRequest request)
    {
        _running.Remove(request);
        request.Pause();
        _queue.LeaveRunning(request);
    }
}
