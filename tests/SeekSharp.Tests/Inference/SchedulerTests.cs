using SeekSharp.Inference;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

public sealed class SchedulerTests
{
    private static readonly SamplerOptions Greedy = new() { Temperature = 0 };

    [Theory]
    [InlineData("tiny-deepseek-v3", 4096)]
    [InlineData("tiny-deepseek-v3", 320)]
    [InlineData("tiny-qwen2", 320)]
    public async Task RepliesAreThoseOfRequestsAlone(string name, int cacheTokens)
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path(name + ".gguf"));
        Script[] scripts = [.. Script.Make(24, model.Config.VocabularySize, seed: 2).Where(script => script.Prompt.Length <= 200)];
        using var single = new Engine(model, new EngineOptions { Threads = 1, CacheTokens = cacheTokens });
        int[][] alone = [.. scripts.Select((script, i) => GenerateAlone(single, script.Prompt, Sampling(i), 40))];
        using var engine = new Engine(model, new EngineOptions { Threads = 2, CacheTokens = cacheTokens, MaxBatch = 64 });
        using var scheduler = new Scheduler(engine, new SchedulerOptions { PromptTokensPerStep = 24 });
        int[][] together = await Task.WhenAll(scripts.Select((script, i) =>
            Read(scheduler.Submit(new TokenRequest { Prompt = script.Prompt, Sampling = Sampling(i), MaxTokens = 40 }))));
        Assert.Equal(alone, together);
        Assert.Equal(0, engine.CacheTokensInUse);

        static SamplerOptions Sampling(int i) => i % 2 == 0 ? Greedy : new SamplerOptions { Seed = i };
    }

    [Fact]
    public async Task ACancelledReplyEndsAndFreesItsPages()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 4096 });
        using var scheduler = new Scheduler(engine);
        using var cancellation = new CancellationTokenSource();
        TokenReply reply = scheduler.Submit(new TokenRequest { Prompt = new[] { 1, 2, 3 }, Sampling = Greedy }, cancellation.Token);
        int count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (SampledToken _ in reply)
                if (++count == 5) await cancellation.CancelAsync();
        });
        Assert.Null(reply.FinishReason);
        await WaitForFreePages(engine);
    }

    [Fact]
    public async Task AReplyThatIsNotReadToTheEndFreesItsPages()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 4096 });
        using var scheduler = new Scheduler(engine);
        await foreach (SampledToken _ in scheduler.Submit(new TokenRequest { Prompt = new[] { 1, 2, 3 } })) break;
        await WaitForFreePages(engine);
    }

    [Fact]
    public async Task TheEndIsGivenItsReason()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 64 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [1, 2, 3];
        int[] free = await Read(scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy, MaxTokens = 8 }));

        TokenReply stopped = scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy, StopTokens = new HashSet<int> { free[3] } });
        Assert.Equal(free.Take(Array.IndexOf(free, free[3])), await Read(stopped));
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);

        TokenReply full = scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy });
        Assert.Equal(64 + 1 - prompt.Length, (await Read(full)).Length);
        Assert.Equal(FinishReason.Length, full.FinishReason);

        TokenReply nothing = scheduler.Submit(new TokenRequest { Prompt = prompt, MaxTokens = 0 });
        Assert.Empty(await Read(nothing));
        Assert.Equal(FinishReason.Length, nothing.FinishReason);
        Assert.Throws<ContextOverflowException>(() => scheduler.Submit(new TokenRequest { Prompt = new int[65] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(new TokenRequest { Prompt = new[] { -1 } }));
        Assert.Throws<ArgumentException>(() => scheduler.Submit(new TokenRequest { Prompt = default }));
    }

    [Fact]
    public async Task ASecondRequestReusesThePrefixOfTheFirst()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 1024 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [.. Enumerable.Range(0, 130)];
        TokenReply first = scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy, MaxTokens = 10 });
        int[] expected = await Read(first);
        TokenReply second = scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy, MaxTokens = 10 });
        Assert.Equal(expected, await Read(second));
        Assert.Equal((0, 128), (first.CachedPromptTokens, second.CachedPromptTokens));
        TokenReply other = scheduler.Submit(new TokenRequest { Prompt = prompt, Sampling = Greedy, MaxTokens = 10, CacheSalt = new byte[] { 1 } });
        Assert.Equal(expected, await Read(other));
        Assert.Equal(0, other.CachedPromptTokens);
    }

    [Fact]
    public async Task DisposingEndsAllReplies()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 4096 });
        var scheduler = new Scheduler(engine);
        TokenReply[] replies = [.. Enumerable.Range(0, 5).Select(i => scheduler.Submit(new TokenRequest { Prompt = new[] { i } }))];
        scheduler.Dispose();
        foreach (TokenReply reply in replies) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Read(reply));
        Assert.Throws<ObjectDisposedException>(() => scheduler.Submit(new TokenRequest { Prompt = new[] { 1 } }));
    }

    [Fact(Explicit = true)]
    public async Task MemoryStaysFlatForTenMinutes()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        Script[] scripts = Script.Make(48, model.Config.VocabularySize, seed: 3);
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 4096, MaxBatch = 128 });
        using var scheduler = new Scheduler(engine);
        long early = 0;
        DateTime start = DateTime.UtcNow;
        for (int round = 0; DateTime.UtcNow - start < TimeSpan.FromMinutes(10); round++)
        {
            await Task.WhenAll(scripts.Select((script, i) => Read(
                scheduler.Submit(new TokenRequest { Prompt = script.Prompt, MaxTokens = 30, Sampling = new SamplerOptions { Seed = round * 100 + i } }))));
            Assert.Equal(0, engine.CacheTokensInUse);
            if (early == 0 && DateTime.UtcNow - start > TimeSpan.FromMinutes(1)) early = ResidentAfterCollection();
        }

        long late = ResidentAfterCollection();
        TestContext.Current.TestOutputHelper?.WriteLine($"resident after 1 minute {early:N0}, after 10 minutes {late:N0} bytes");
        Assert.True(late < early + (16 << 20), $"Memory grew from {early:N0} to {late:N0} bytes.");
    }

    private static long ResidentAfterCollection()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true);
        return Environment.WorkingSet;
    }

    private static int[] GenerateAlone(Engine engine, int[] prompt, SamplerOptions sampling, int count)
    {
        using Sequence sequence = engine.CreateSequence();
        var sampler = new Sampler(sampling, engine.Model.Config.VocabularySize);
        var tokens = new int[count];
        int[] next = prompt;
        for (int i = 0; i < count; i++)
        {
            tokens[i] = sampler.Sample(engine.Evaluate(sequence, next));
            next = [tokens[i]];
        }

        return tokens;
    }

    private static async Task<int[]> Read(TokenReply reply)
    {
        var tokens = new List<int>();
        await foreach (SampledToken token in reply) tokens.Add(token.Token);
        return [.. tokens];
    }

    private static async Task WaitForFreePages(Engine engine)
    {
        for (int i = 0; i < 200 && engine.CacheTokensInUse > 0; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal(0, engine.CacheTokensInUse);
    }
}
