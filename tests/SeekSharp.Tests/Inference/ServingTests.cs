using System.Diagnostics.Metrics;
using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

/// <summary>What a scheduler owes to many callers: turns, limits, and the same replies as ever.</summary>
public sealed class ServingTests : IDisposable
{
    private static readonly SamplerOptions Greedy = new() { Temperature = 0 };

    private readonly LanguageModel _model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
    private readonly Engine _engine;

    public ServingTests() => _engine = new Engine(_model, new EngineOptions { Threads = 2, CacheTokens = 4096, MaxBatch = 64 });

    [Fact]
    public async Task ATenantThatFloodsDoesNotKeepAnotherWaiting()
    {
        using var scheduler = new Scheduler(_engine, new SchedulerOptions { MaxRunning = 4 });
        int ended = 0, endedBefore = 0;
        Task[] flood = [.. Enumerable.Range(0, 60).Select(async i =>
        {
            await Read(scheduler.Submit(Request(Prompt(200, i), 10) with { Tenant = "flood" }));
            Interlocked.Increment(ref ended);
        })];
        await Read(scheduler.Submit(Request(Prompt(200, 99), 10) with { Tenant = "other" }));
        endedBefore = Volatile.Read(ref ended);
        await Task.WhenAll(flood);
        Assert.InRange(endedBefore, 0, 20);
    }

    [Fact]
    public async Task ALongPromptOfATenantDoesNotKeepAnothersShortOneWaiting()
    {
        using var scheduler = new Scheduler(_engine, new SchedulerOptions { PromptTokensPerStep = 16 });
        var decoding = new TaskCompletionSource();
        using var go = new ManualResetEventSlim();
        // While something decodes, a step has 16 prompt tokens.
        TokenReply running = scheduler.Submit(Request([1], 3000, new StepHook(step =>
        {
            if (step != 0) return;
            decoding.SetResult();
            go.Wait();
        })));
        await decoding.Task;
        TokenReply longer = scheduler.Submit(Request(Prompt(1000, 1), 1) with { Tenant = "long" });
        TokenReply shorter = scheduler.Submit(Request(Prompt(64, 2), 1) with { Tenant = "short" });
        go.Set();
        await Task.WhenAll(Read(longer), Read(shorter));
        running.Dispose();
        Assert.True(shorter.TimeToFirstToken < longer.TimeToFirstToken / 2, $"{shorter.TimeToFirstToken} and {longer.TimeToFirstToken}");
    }

    [Fact]
    public async Task CancellationFreesPagesBeforeTheNextStep()
    {
        using var scheduler = new Scheduler(_engine);
        using var source = new CancellationTokenSource();
        TokenReply cancelled = scheduler.Submit(Request(Prompt(300, 1), 1000), source.Token);
        var inUse = new int[2];
        TokenReply other = scheduler.Submit(Request(Prompt(20, 2), 40, new StepHook(step =>
        {
            if (step is 20 or 21) inUse[step - 20] = _engine.CacheTokensInUse;
            if (step == 20) source.Cancel();
        })));
        await Read(other);
        Assert.True(inUse[0] > 300 + 32, $"{inUse[0]} tokens");
        Assert.Equal(64, inUse[1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Read(cancelled));
    }

    [Fact]
    public async Task WhatIsLateFailsAndFreesItsPages()
    {
        using var scheduler = new Scheduler(_engine, new SchedulerOptions { MaxRunning = 2 });
        using var blocked = new ManualResetEventSlim();
        TokenReply other = scheduler.Submit(Request(Prompt(20, 2), 40, new StepHook(step =>
        {
            if (step == 5) blocked.Wait();
        })));
        TokenReply running = scheduler.Submit(Request(Prompt(200, 1), 1000) with { TimeLimit = TimeSpan.FromMilliseconds(30) });
        TokenReply waiting = scheduler.Submit(Request(Prompt(200, 3), 1000) with { TimeLimit = TimeSpan.FromMilliseconds(30) });
        await Task.Delay(60, TestContext.Current.CancellationToken);
        blocked.Set();
        await Assert.ThrowsAsync<TimeoutException>(() => Read(running));
        await Assert.ThrowsAsync<TimeoutException>(() => Read(waiting));
        Assert.Equal(40, (await Read(other)).Length);
        Assert.Equal((0, 0), (_engine.CacheTokensInUse, scheduler.WaitingCount));
        Assert.Null(running.FinishReason);
    }

    [Fact]
    public async Task AFullQueueRefusesAndSaysWhenToComeBack()
    {
        using var scheduler = new Scheduler(_engine, new SchedulerOptions { MaxRunning = 1, MaxWaiting = 2 });
        var started = new TaskCompletionSource();
        using var go = new ManualResetEventSlim();
        TokenReply running = scheduler.Submit(Request([1, 2, 3], 5, new StepHook(step =>
        {
            if (step != 0) return;
            started.SetResult();
            go.Wait();
        })));
        await started.Task;
        TokenReply[] waiting = [scheduler.Submit(Request([4], 5)), scheduler.Submit(Request([5], 5))];
        Assert.Equal(2, scheduler.WaitingCount);
        var exception = Assert.Throws<QueueFullException>(() => scheduler.Submit(Request([6], 5)));
        Assert.True(exception.RetryAfter >= TimeSpan.FromSeconds(1));
        Assert.Throws<QueueFullException>(() => scheduler.Submit(Request([6], 5), 3));
        go.Set();
        foreach (TokenReply reply in waiting.Append(running)) Assert.Equal(5, (await Read(reply)).Length);
        Assert.Equal(0, scheduler.WaitingCount);
        Assert.Equal(5, (await Read(scheduler.Submit(Request([6], 5)))).Length);
    }

    [Theory]
    [InlineData(4096, false)]
    [InlineData(320, false)]
    [InlineData(320, true)]
    public async Task TenantsVariantsAndPrefixesOnDiskChangeNoReply(int cacheTokens, bool shares)
    {
        using var folder = new TemporaryFolder();
        Script[] scripts = [.. Script.Make(18, _model.Config.VocabularySize, seed: 7).Where(script => script.Prompt.Length <= 150)];
        TokenRequest[] requests = [.. scripts.Select((script, i) => Request(script.Prompt, 30) with
        {
            Sampling = i % 2 == 0 ? new SamplerOptions { Temperature = 0, LogProbabilities = true } : new SamplerOptions { Seed = i, LogProbabilities = true },
            Tenant = $"tenant {i % 3}",
            Speculation = i % 2 == 0 ? new SpeculationOptions() : SpeculationOptions.None,
        })];
        List<SampledToken[]> alone = [];
        using (var single = new Engine(_model, new EngineOptions { Threads = 1, CacheTokens = cacheTokens }))
        using (var scheduler = new Scheduler(single))
        {
            foreach (TokenRequest request in requests)
                for (int i = 0; i < 2; i++) alone.Add(await ReadAll(scheduler.Submit(request with { Sampling = Variant(request.Sampling, i), CacheSalt = Guid.NewGuid().ToByteArray() })));
        }

        for (int round = 0; round < 2; round++)
        {
            using var store = new PrefixStore(new PrefixStoreOptions { Folder = folder.Path, MinTokens = 0 });
            using var engine = new Engine(_model, new EngineOptions { Threads = 2, CacheTokens = cacheTokens, MaxBatch = 48 });
            using var scheduler = new Scheduler(engine, new SchedulerOptions { PromptTokensPerStep = 24, MaxRunning = 6, PrefixStore = store, SharesPrefixesBetweenTenants = shares });
            TokenReply[] replies = [.. requests.SelectMany(request => scheduler.Submit(request, 2))];
            SampledToken[][] together = await Task.WhenAll(replies.Select(ReadAll));
            for (int i = 0; i < alone.Count; i++)
                Assert.Equal(alone[i].Select(token => (token.Token, token.LogProbability)), together[i].Select(token => (token.Token, token.LogProbability)));
            Assert.Equal((0, 0), (engine.CacheTokensInUse, scheduler.WaitingCount));
            if (round == 1) Assert.True(replies.Sum(reply => reply.CachedPromptTokens) > 500);
        }

        static SamplerOptions Variant(SamplerOptions sampling, int index) =>
            index == 0 || sampling.Seed is null ? sampling : sampling with { Seed = unchecked(sampling.Seed + (long)0x9E3779B97F4A7C15) };
    }

    [Fact]
    public async Task SeveralRepliesComputeThePromptOnce()
    {
        using var scheduler = new Scheduler(_engine);
        IReadOnlyList<TokenReply> replies = scheduler.Submit(Request(Prompt(100, 1), 6) with { Sampling = new SamplerOptions { Seed = 5 }, Speculation = SpeculationOptions.None }, 4);
        int[][] tokens = await Task.WhenAll(replies.Select(Read));
        Assert.Equal(4, tokens.Select(reply => string.Join(' ', reply)).Distinct().Count());
        // Each token of the prompt once, and of each reply all but the last.
        int layer = _engine.ExpertLoad!.LayerCount - 1;
        Assert.Equal((100 + 4 * 5) * _model.Config.MixtureOfExperts!.ExpertsPerToken, _engine.ExpertLoad.Tokens(layer).Sum());
        Assert.True(_engine.ExpertLoad.MaximalViolation(layer) > 0);
        Assert.Equal(0, _engine.CacheTokensInUse);
        Assert.Throws<ArgumentException>(() => scheduler.Submit(Request([1], 5, new StepHook(_ => { })), 2));
    }

    [Fact]
    public async Task ACancelledLeaderLeavesThePromptToTheOthers()
    {
        using var scheduler = new Scheduler(_engine);
        IReadOnlyList<TokenReply> replies = scheduler.Submit(Request(Prompt(500, 1), 6), 3);
        replies[0].Dispose();
        int[] expected = await Read(scheduler.Submit(Request(Prompt(500, 1), 6) with { CacheSalt = new byte[] { 1 } }));
        Assert.Equal(expected, await Read(replies[1]));
        Assert.Equal(expected, await Read(replies[2]));
        Assert.Equal((0, 0), (_engine.CacheTokensInUse, scheduler.WaitingCount));
    }

    [Fact]
    public async Task TenantsLearnNothingOfEachOthersPrompts()
    {
        using var scheduler = new Scheduler(_engine);
        Assert.Equal(0, await Cached(scheduler, "a"));
        Assert.Equal(96, await Cached(scheduler, "a"));
        Assert.Equal(0, await Cached(scheduler, "b"));
        Assert.Equal(0, await Cached(scheduler, ""));
        using var engine = new Engine(_model, new EngineOptions { CacheTokens = 512 });
        using var sharing = new Scheduler(engine, new SchedulerOptions { SharesPrefixesBetweenTenants = true });
        Assert.Equal(0, await Cached(sharing, "a"));
        Assert.Equal(96, await Cached(sharing, "b"));

        static async Task<int> Cached(Scheduler scheduler, string tenant)
        {
            TokenReply reply = scheduler.Submit(Request(Prompt(100, 1), 2) with { Tenant = tenant });
            await Read(reply);
            return reply.CachedPromptTokens;
        }
    }

    [Fact]
    public async Task MetricsSayWhatHappened()
    {
        var sums = new Dictionary<string, double>();
        string model = Guid.NewGuid().ToString();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == InferenceMeter.Name) self.EnableMeasurementEvents(instrument);
        } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        using (var scheduler = new Scheduler(_engine, new SchedulerOptions { Name = model }))
        {
            await Read(scheduler.Submit(Request(Prompt(100, 1), 8)));
            await Read(scheduler.Submit(Request(Prompt(100, 1), 8)));
            listener.RecordObservableInstruments();
        }

        lock (sums)
        {
            Assert.Equal(200, sums["seeksharp.prompt.tokens"]);
            Assert.Equal(96, sums["seeksharp.prompt.cached_tokens"]);
            Assert.Equal(16, sums["seeksharp.reply.tokens"]);
            Assert.Equal(2, sums["seeksharp.requests"]);
            Assert.Equal(4096, sums["seeksharp.cache.tokens"]);
            Assert.Equal(0, sums["seeksharp.queue.length"]);
            Assert.True(sums["seeksharp.time_to_first_token"] > 0);
            Assert.True(sums["seeksharp.reply.rate"] > 0);
            Assert.True(sums["seeksharp.expert.violation"] > 0);
        }

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key != "seeksharp.model" || (string?)tag.Value != model) continue;
                lock (sums) sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value;
            }
        }
    }

    [Fact]
    public void APromptGetsWhatTheTimeOfAStepLeaves()
    {
        var costs = new StepCosts(_model.Config);
        for (int i = 0; i < 20; i++) costs.Observe(1, 0.04);
        var pace = new PromptPace(costs, 128, TimeSpan.FromSeconds(0.2));
        Assert.Equal(128, pace.TokensBeside(1));
        // 20 ms whatever happens, 2 ms for each token: (200 - 40 - 20) / 2.
        int tokens = 128;
        for (int i = 0; i < 100; i++)
        {
            pace.Observe(tokens, 1, 0.04 + 0.02 + tokens * 0.002);
            tokens = pace.TokensBeside(1);
        }

        Assert.InRange(tokens, 68, 72);
        for (int i = 0; i < 100; i++) pace.Observe(8, 1, 10);
        Assert.Equal(PromptPace.LeastTokens, pace.TokensBeside(1));
        Assert.Equal(128, new PromptPace(costs, 128, null).TokensBeside(1));
    }

    [Fact]
    public void TheQueueIsAsFastAsItWasWhileOthersWaited()
    {
        var times = new QueueTimes();
        long second = System.Diagnostics.Stopwatch.Frequency;
        times.ObserveStart(1, 1 * second);
        times.ObserveStart(100 * second, 101 * second); // nobody had waited for that one
        Assert.Equal(TimeSpan.Zero, times.Expect(10));
        for (int i = 0; i < 5; i++) times.ObserveStart(50 * second, (103 + 2 * i) * second);
        Assert.Equal(20, times.Expect(10).TotalSeconds, 1e-6);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    private static int[] Prompt(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(200))];
    }

    private static TokenRequest Request(int[] prompt, int maxTokens, IDraftSource? source = null) => new()
    {
        Prompt = prompt, MaxTokens = maxTokens, Sampling = Greedy, Speculation = new SpeculationOptions { Source = source },
    };

    private static async Task<int[]> Read(TokenReply reply) => [.. (await ReadAll(reply)).Select(token => token.Token)];

    private static async Task<SampledToken[]> ReadAll(TokenReply reply)
    {
        var tokens = new List<SampledToken>();
        await foreach (SampledToken token in reply) tokens.Add(token);
        return [.. tokens];
    }
}
