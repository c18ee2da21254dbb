using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

public sealed class SpeculationTests
{
    private static readonly SamplerOptions Greedy = new() { Temperature = 0 };

    [Theory]
    [InlineData("tiny-deepseek-v3", 4096, 1)]
    [InlineData("tiny-deepseek-v3", 512, 2)]
    [InlineData("tiny-qwen2", 448, 3)]
    public Task RepliesAreThoseWithoutSpeculation(string name, int cacheTokens, int seed) => CompareReplies(name, cacheTokens, seed, requests: 40);

    [Theory(Explicit = true)]
    [InlineData("tiny-deepseek-v3", 320)]
    [InlineData("tiny-qwen2", 4096)]
    public async Task RepliesAreThoseWithoutSpeculationInLongRuns(string name, int cacheTokens)
    {
        for (int seed = 10; seed < 40; seed++) await CompareReplies(name, cacheTokens, seed, requests: 60);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 5)]
    [InlineData(8, 1000)]
    public async Task DraftsAreCountedExactly(int maxDrafts, int everyWrong)
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [.. Enumerable.Range(3, 40)];
        int[] reply = await Read(scheduler.Submit(Request(prompt, 100, SpeculationOptions.None)));
        TokenReply speculative = scheduler.Submit(Request(prompt, 100, Replay(prompt.Length, reply, IsRight, model, maxDrafts)));
        Assert.Equal(reply, await Read(speculative));

        // The first step gives one token; each of the others drafts as many as there is room for behind the newest token and in front of the last.
        int drafted = 0, accepted = 0, steps = 1;
        for (int done = 1; done < reply.Length; steps++)
        {
            int drafts = Math.Min(maxDrafts, reply.Length - done - 1), right = 0;
            while (right < drafts && IsRight(done + right)) right++;
            drafted += drafts;
            accepted += right;
            done += right + 1;
        }

        Assert.Equal(new DraftCounts(drafted, accepted, steps), speculative.Drafts);
        Assert.Equal(reply.Length, accepted + steps);

        bool IsRight(int position) => position % everyWrong != 0;
    }

    [Fact]
    public async Task ARunOfAcceptedDraftsEndsWhereTheReplyDoes()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 64 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [1, 2, 3];
        int[] reply = await Read(scheduler.Submit(Request(prompt, int.MaxValue, SpeculationOptions.None)));
        Assert.Equal(64 + 1 - prompt.Length, reply.Length);
        SpeculationOptions replay = Replay(prompt.Length, reply, _ => true, model, 8);
        TokenReply full = scheduler.Submit(Request(prompt, int.MaxValue, replay));
        Assert.Equal(reply, await Read(full));
        Assert.Equal(FinishReason.Length, full.FinishReason);

        for (int length = 1; length < 20; length++)
        {
            TokenReply cut = scheduler.Submit(Request(prompt, length, replay));
            Assert.Equal(reply[..length], await Read(cut));
            Assert.Equal(FinishReason.Length, cut.FinishReason);

            int stop = Array.IndexOf(reply, reply[length]);
            TokenReply stopped = scheduler.Submit(Request(prompt, int.MaxValue, replay) with { StopTokens = new HashSet<int> { reply[length] } });
            Assert.Equal(reply[..stop], await Read(stopped));
            Assert.Equal(FinishReason.Stop, stopped.FinishReason);
        }

        Assert.Equal(0, engine.CacheTokensInUse);
    }

    [Fact]
    public async Task ATraceHasTheChoicesOfTheReplyAlone()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [.. Enumerable.Range(0, 50)];
        RouterTrace plain = new(), speculative = new();
        int[] reply = await Read(scheduler.Submit(Request(prompt, 40, SpeculationOptions.None) with { Trace = plain }));
        SpeculationOptions replay = Replay(prompt.Length, [.. reply, 1, 2, 3, 4], position => position % 3 != 0 && position < 37, model, 6);
        Assert.Equal(reply, await Read(scheduler.Submit(Request(prompt, 40, replay) with { Trace = speculative })));
        Assert.Equal(plain.Count, speculative.Count);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
            for (int position = 0; position < 100; position++)
                Assert.Equal(plain.Experts(layer, position), speculative.Experts(layer, position));
    }

    [Fact]
    public void DraftsAreNotOfferedForReuse()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        int[] tokens = [.. Enumerable.Range(0, 100)];
        using Sequence first = engine.CreateSequence();
        engine.Evaluate(first, tokens.AsSpan(0, 60));
        Sequence fork = first.Fork();
        engine.Step([new StepItem(fork, tokens.AsMemory(60, 10), LogitCount: 10)]);
        Assert.Equal(32, ReusedPrefix());
        float[] draftLogits = engine.Logits(0, 3).ToArray();

        // A page that drafts have filled is offered when they are accepted, and what lies behind is written anew.
        fork.Settle(64);
        Assert.Equal(64, ReusedPrefix());
        Assert.Equal(64, fork.Length);
        engine.Step([new StepItem(fork, new[] { 200, 201 }, LogitCount: 2)]);
        float[] other = engine.Logits(0, 1).ToArray();
        engine.Evaluate(first, tokens.AsSpan(60, 3));
        Assert.Equal(draftLogits, engine.Evaluate(first, tokens.AsSpan(63, 1)).ToArray());
        Assert.Equal(other, engine.Evaluate(first, [200, 201]).ToArray());
        fork.Dispose();

        int ReusedPrefix()
        {
            using Sequence sequence = engine.CreateSequence();
            return sequence.ReusePrefix(tokens);
        }
    }

    [Fact]
    public void LogitsOfDraftsAreThoseOfSingleTokens()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        int[] tokens = [.. Enumerable.Range(5, 40)];
        using Sequence single = engine.CreateSequence(), several = engine.CreateSequence(), silent = engine.CreateSequence();
        float[][] expected = [.. tokens.Select(token => engine.Evaluate(single, [token]).ToArray())];
        engine.Step([
            new StepItem(silent, tokens.AsMemory(0, 7), LogitCount: 0),
            new StepItem(several, tokens.AsMemory(0, 40), LogitCount: 4),
        ]);
        for (int i = 0; i < 4; i++) Assert.Equal(expected[36 + i], engine.Logits(1, i).ToArray());
        Assert.Throws<ArgumentException>(() => engine.Step([new StepItem(several, new[] { 1, 2 }, LogitCount: 3)]));
        Assert.Throws<ArgumentException>(() => engine.Step([new StepItem(several, new[] { 1, 2 }, LogitCount: -1)]));
    }

    [Fact]
    public async Task ABrokenSourceFailsItsOwnReply()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [1, 2, 3];
        int[] expected = await Read(scheduler.Submit(Request(prompt, 50, SpeculationOptions.None)));
        TokenReply good = scheduler.Submit(Request(prompt, 50, new SpeculationOptions()));
        foreach (Broken source in new[] { new Broken(1, -1), new Broken(1, int.MaxValue), new Broken(-1, 0), new Broken(9, 0) })
            await Assert.ThrowsAsync<InvalidOperationException>(() => Read(scheduler.Submit(Request(prompt, 50, new SpeculationOptions { Source = source }))));
        await Assert.ThrowsAsync<NotSupportedException>(() => Read(scheduler.Submit(Request(prompt, 50, new SpeculationOptions { Source = new Broken(0, null) }))));
        Assert.Equal(expected, await Read(good));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(Request(prompt, 50, new SpeculationOptions { MaxDrafts = 0 })));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Submit(Request(prompt, 50, new SpeculationOptions { ShortestMatch = 17 })));
    }

    [Theory]
    [InlineData(4096, 4)]
    [InlineData(512, 5)]
    public async Task RepliesAreThoseWithoutAPredictionModule(int cacheTokens, int seed)
    {
        using LanguageModel sometimesRight = PredictionModel.CreateSuccessor(vocabulary: 60, wrongEvery: 4);
        await CompareReplies(sometimesRight, cacheTokens, seed, requests: 40, leastAccepted: 50);
        (ModelConfig config, TensorCollection tensors) = PredictionModel.CreateRandom(isShared: true);
        using (tensors)
        {
            using LanguageModel random = LanguageModel.Build(config, tensors, options: new LoadOptions { LoadsPrediction = true });
            await CompareReplies(random, cacheTokens, seed, requests: 20, leastAccepted: 0);
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(5, true)]
    [InlineData(8, false)]
    public async Task AModuleThatIsAlwaysRightIsAlwaysAccepted(int maxDrafts, bool isGreedy)
    {
        using LanguageModel model = PredictionModel.CreateSuccessor(vocabulary: 50);
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 1024, MaxBatch = 48 });
        using var scheduler = new Scheduler(engine);
        // Twice, so that the second time the prefix comes from the cache, with the module's part of it.
        for (int round = 0; round < 2; round++)
        {
            TokenReply[] replies = [.. Enumerable.Range(0, 3).Select(i => scheduler.Submit(new TokenRequest
            {
                Prompt = Enumerable.Range(0, 70 + i).Select(j => (i + 11 * j) % 50).ToArray(),
                MaxTokens = 60,
                Sampling = isGreedy ? Greedy : new SamplerOptions { Temperature = 0.1f, Seed = i },
                Speculation = new SpeculationOptions { Kind = DraftKind.MultiTokenPrediction, MaxDrafts = maxDrafts, IsAdaptive = false },
            }))];
            for (int i = 0; i < replies.Length; i++)
            {
                int last = (i + 11 * (69 + i)) % 50;
                Assert.Equal(Enumerable.Range(last + 1, 60).Select(token => token % 50), await Read(replies[i]));
                Assert.Equal(replies[i].Drafts.Drafted, replies[i].Drafts.Accepted);
                Assert.Equal(60, replies[i].Drafts.Accepted + replies[i].Drafts.Steps);
                Assert.True(replies[i].Drafts.Steps <= 8 + 60 / (maxDrafts + 1), $"{replies[i].Drafts}");
                Assert.Equal(round == 0 ? 0 : 64, replies[i].CachedPromptTokens);
            }
        }

        Assert.Equal(0, engine.CacheTokensInUse);
    }

    [Fact]
    public async Task PagesWithoutTheModulesCacheAreNotTakenForPagesWithIt()
    {
        using LanguageModel model = PredictionModel.CreateSuccessor(vocabulary: 50);
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 1024 });
        using var scheduler = new Scheduler(engine);
        int[] prompt = [.. Enumerable.Range(0, 100).Select(i => 7 * i % 50)];
        await Read(scheduler.Submit(Request(prompt, 10, SpeculationOptions.None)));
        var predicted = new SpeculationOptions { Kind = DraftKind.MultiTokenPrediction };
        TokenReply first = scheduler.Submit(Request(prompt, 10, predicted));
        await Read(first);
        TokenReply second = scheduler.Submit(Request(prompt, 10, predicted));
        await Read(second);
        Assert.Equal((0, 96), (first.CachedPromptTokens, second.CachedPromptTokens));
    }

    [Fact]
    public void AModelWithoutAModuleCannotPredict()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"), new LoadOptions { LoadsPrediction = true });
        Assert.False(model.HasPrediction);
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 64 });
        using var scheduler = new Scheduler(engine);
        Assert.Throws<ArgumentException>(() => scheduler.Submit(Request([1], 1, new SpeculationOptions { Kind = DraftKind.MultiTokenPrediction })));
    }

    private static async Task CompareReplies(string name, int cacheTokens, int seed, int requests)
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path(name + ".gguf"));
        await CompareReplies(model, cacheTokens, seed, requests, leastAccepted: 50);
    }

    private static async Task CompareReplies(LanguageModel model, int cacheTokens, int seed, int requests, int leastAccepted)
    {
        int vocabulary = model.Config.VocabularySize;
        var random = new Random(seed);
        TokenRequest[] plain = [.. Script.Make(requests, vocabulary - 10, seed).Where(script => script.Prompt.Length <= 200).Select(script => new TokenRequest
        {
            // A prompt that repeats itself is what n-grams are for.
            Prompt = random.Next(2) == 0 ? script.Prompt : [.. script.Prompt.Take(80), .. script.Prompt.Take(60)],
            MaxTokens = random.Next(1, 80),
            Sampling = Sampling(random),
            StopTokens = random.Next(3) == 0 ? new HashSet<int> { random.Next(vocabulary), random.Next(vocabulary) } : [],
            VocabularySize = random.Next(2) == 0 ? 0 : vocabulary - 10,
            Speculation = SpeculationOptions.None,
        })];
        using var single = new Engine(model, new EngineOptions { Threads = 1, CacheTokens = cacheTokens });
        SampledToken[][] expected = new SampledToken[plain.Length][];
        using (var alone = new Scheduler(single))
            for (int i = 0; i < plain.Length; i++) expected[i] = await ReadAll(alone.Submit(plain[i]));

        using var engine = new Engine(model, new EngineOptions { Threads = 2, CacheTokens = cacheTokens, MaxBatch = 48 });
        using var scheduler = new Scheduler(engine, new SchedulerOptions { PromptTokensPerStep = 24 });
        TokenReply[] replies = [.. plain.Select((request, i) => scheduler.Submit(request with { Speculation = Speculation(request, expected[i]) }))];
        SampledToken[][] speculative = await Task.WhenAll(replies.Select(ReadAll));
        for (int i = 0; i < plain.Length; i++)
        {
            Assert.Equal(expected[i].Select(token => (token.Token, token.LogProbability)), speculative[i].Select(token => (token.Token, token.LogProbability)));
            foreach ((SampledToken one, SampledToken other) in expected[i].Zip(speculative[i])) Assert.Equal(one.Top, other.Top);
        }

        Assert.Equal(0, engine.CacheTokensInUse);
        Assert.True(replies.Sum(reply => reply.Drafts.Accepted) >= leastAccepted, "Hardly any draft was accepted.");
        Assert.True(replies.Sum(reply => reply.Drafts.Drafted - reply.Drafts.Accepted) >= leastAccepted, "Hardly any draft was rejected.");

        SpeculationOptions Speculation(TokenRequest request, SampledToken[] reply)
        {
            int chance = random.Next(4, 11), salt = random.Next(1000);
            int[] tokens = [.. reply.Select(token => token.Token)];
            return new SpeculationOptions
            {
                Kind = model.HasPrediction ? DraftKind.MultiTokenPrediction : DraftKind.NGram,
                Source = model.HasPrediction || random.Next(3) == 0 ? null
                    : new ReplayedDrafts(request.Prompt.Length, tokens, position => new Random(salt + position).Next(10) < chance, vocabulary),
                MaxDrafts = random.Next(1, 12),
                ShortestMatch = random.Next(1, 4),
                IsAdaptive = random.Next(2) == 0,
            };
        }
    }

    private static SamplerOptions Sampling(Random random) => random.Next(3) == 0 ? Greedy : new SamplerOptions
    {
        Temperature = 0.2f + random.NextSingle(),
        TopK = random.Next(3) == 0 ? 20 : 0,
        TopP = random.Next(2) == 0 ? 0.9f : 1,
        MinP = random.Next(3) == 0 ? 0.02f : 0,
        RepetitionPenalty = random.Next(2) == 0 ? 1.2f : 1,
        FrequencyPenalty = random.Next(2) == 0 ? 0.3f : 0,
        PresencePenalty = random.Next(2) == 0 ? 0.2f : 0,
        Seed = random.Next(),
        LogProbabilities = true,
        TopLogProbabilities = random.Next(2) == 0 ? 3 : 0,
    };

    private static SpeculationOptions Replay(int promptLength, int[] reply, Func<int, bool> isRight, LanguageModel model, int maxDrafts) => new()
    {
        Source = new ReplayedDrafts(promptLength, reply, isRight, model.Config.VocabularySize), MaxDrafts = maxDrafts, IsAdaptive = false,
    };

    private static TokenRequest Request(int[] prompt, int maxTokens, SpeculationOptions speculation) =>
        new() { Prompt = prompt, Sampling = Greedy, MaxTokens = maxTokens, Speculation = speculation };

    private static async Task<int[]> Read(TokenReply reply) => [.. (await ReadAll(reply)).Select(token => token.Token)];

    private static async Task<SampledToken[]> ReadAll(TokenReply reply)
    {
        var tokens = new List<SampledToken>();
        await foreach (SampledToken token in reply) tokens.Add(token);
        return [.. tokens];
    }

    /// <summary>Gives a count, or a token, that makes no sense; without a token it throws.</summary>
    private sealed class Broken(int count, int? token) : IDraftSource
    {
        public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
        {
            drafts[0] = token ?? throw new NotSupportedException();
            return count;
        }
    }
}
