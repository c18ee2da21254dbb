using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;

namespace SeekSharp.Tests.Inference;

public sealed class EngineTests
{
    public static TheoryData<string, CacheType> ModelsAndCaches => new(
        from name in new[] { "tiny-deepseek-v3", "tiny-qwen2" }
        from cache in Enum.GetValues<CacheType>()
        where cache != CacheType.Q8_0 || name == "tiny-qwen2" // the other's vectors are no multiples of 32
        select (name, cache));

    [Theory]
    [MemberData(nameof(ModelsAndCaches))]
    public void WhatElseIsScheduledDoesNotChangeABit(string name, CacheType cache) => RunSchedules(name, cache, schedules: 2);

    [Theory(Explicit = true)]
    [MemberData(nameof(ModelsAndCaches))]
    public void WhatElseIsScheduledDoesNotChangeABitInLongRuns(string name, CacheType cache) => RunSchedules(name, cache, schedules: 64);

    [Theory(Explicit = true)]
    [InlineData("tiny-v3-F32.gguf", CacheType.F32)]
    [InlineData("tiny-v3-F32.gguf", CacheType.Q8_0)]
    [InlineData("tiny-v3-Q4_K_M.gguf", CacheType.F16)]
    public void WhatElseIsScheduledDoesNotChangeABitOfTheFixtures(string file, CacheType cache) => RunSchedules(Fixtures.Path(file), cache, schedules: 64);

    [Fact]
    public void AForkSharesPagesUntilItWrites()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 256 });
        using Sequence first = engine.CreateSequence();
        engine.Evaluate(first, [.. Enumerable.Range(0, 70)]);
        Assert.Equal(96, engine.CacheTokensInUse);
        using Sequence second = first.Fork();
        Assert.Equal(96, engine.CacheTokensInUse);
        float[] logits = engine.Evaluate(second, [5]).ToArray();
        Assert.Equal(128, engine.CacheTokensInUse);
        Assert.Equal(logits, engine.Evaluate(first, [5]).ToArray());
        second.Dispose();
        Assert.Equal(96, engine.CacheTokensInUse);
    }

    [Fact]
    public void ATruncatedSequenceContinuesAsIfTheRestHadNeverBeen()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        int[] tokens = [.. Enumerable.Range(0, 100)];
        using Sequence straight = engine.CreateSequence();
        engine.Evaluate(straight, tokens.AsSpan(0, 40));
        float[] expected = engine.Evaluate(straight, [7, 8, 9]).ToArray();
        using Sequence back = engine.CreateSequence();
        engine.Evaluate(back, tokens);
        back.Truncate(40);
        Assert.Equal(expected, engine.Evaluate(back, [7, 8, 9]).ToArray());

        // The pages that were full before are still what their keys say.
        using Sequence again = engine.CreateSequence();
        Assert.Equal(96, again.ReusePrefix(tokens));
        float[] last = engine.Evaluate(again, tokens.AsSpan(96)).ToArray();
        using Sequence fresh = engine.CreateSequence(null, [1]);
        Assert.Equal(last, engine.Evaluate(fresh, tokens).ToArray());
    }

    [Fact]
    public void PrefixesAreSharedOnlyWithinASalt()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 512 });
        int[] tokens = [.. Enumerable.Range(0, 100)];
        using (Sequence first = engine.CreateSequence()) engine.Evaluate(first, tokens);
        using Sequence same = engine.CreateSequence();
        Assert.Equal(96, same.ReusePrefix(tokens));
        using Sequence other = engine.CreateSequence(null, [1]);
        Assert.Equal(0, other.ReusePrefix(tokens));
        using Sequence traced = engine.CreateSequence(new RouterTrace());
        Assert.Equal(0, traced.ReusePrefix(tokens));
    }

    [Fact]
    public void UnheldPagesGiveWayWhenMemoryIsNeeded()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 128 });
        for (int i = 0; i < 10; i++)
        {
            using Sequence sequence = engine.CreateSequence();
            engine.Evaluate(sequence, [.. Enumerable.Range(i, 128)]);
            Assert.Equal(128, engine.CacheTokensInUse);
        }

        using Sequence last = engine.CreateSequence();
        Assert.Equal(96, last.ReusePrefix([.. Enumerable.Range(9, 128)]));
        using Sequence first = engine.CreateSequence();
        Assert.Equal(0, first.ReusePrefix([.. Enumerable.Range(0, 128)]));
    }

    [Fact]
    public void AnOverflowIsAnErrorAndChangesNothing()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-qwen2.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 64 });
        using Sequence sequence = engine.CreateSequence(), other = engine.CreateSequence();
        engine.Evaluate(sequence, [1, 2, 3]);
        Assert.Throws<ContextOverflowException>(() => { engine.Evaluate(sequence, new int[62]); });
        Assert.Throws<ContextOverflowException>(() => engine.Step([new StepItem(sequence, new int[10], true), new StepItem(other, new int[40], true)]));
        Assert.Equal(3, sequence.Length);
        Assert.Equal(0, other.Length);
        Assert.Equal(32, engine.CacheTokensInUse);
    }

    [Fact]
    public void DecodingAllocatesNothing()
    {
        using LanguageModel model = LanguageModel.Load(Oracle.Path("tiny-deepseek-v3.gguf"));
        using var engine = new Engine(model, new EngineOptions { CacheTokens = 1024, Threads = 2 });
        using Sequence sequence = engine.CreateSequence();
        var sampler = new Sampler(new SamplerOptions { Temperature = 0.8f, TopP = 0.9f, Seed = 1 }, model.Config.VocabularySize);
        int[] token = [1];
        Decode(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decode(200);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Decode(int count)
        {
            for (int i = 0; i < count; i++) token[0] = sampler.Sample(engine.Evaluate(sequence, token));
        }
    }

    private static void RunSchedules(string name, CacheType cache, int schedules)
    {
        using LanguageModel model = LanguageModel.Load(Path.IsPathRooted(name) ? name : Oracle.Path(name + ".gguf"));
        Script[] scripts = Script.Make(48, model.Config.VocabularySize, seed: 1);
        using var single = new Engine(model, new EngineOptions { CacheType = cache, Threads = 1 });
        int[][][] alone = [.. scripts.Select(script => RandomSchedule.RunAlone(single, script))];
        using var engine = new Engine(model, new EngineOptions { CacheType = cache, Threads = 2, CacheTokens = 24_000, MaxBatch = 256 });
        int compared = 0, reused = 0;
        for (int seed = 0; seed < schedules; seed++)
        {
            int[] chosen = [.. Enumerable.Range(0, scripts.Length)];
            new Random(seed).Shuffle(chosen);
            var schedule = new RandomSchedule(engine, [.. chosen.Take(16).Select(i => scripts[i])], [.. chosen.Take(16).Select(i => alone[i])], seed);
            schedule.Run();
            compared += schedule.Compared;
            reused += schedule.ReusedTokens;
            Assert.Equal(0, engine.CacheTokensInUse);
        }

        Assert.True(compared > 20 * schedules, $"Only {compared} logits were compared.");
        Assert.True(reused > 0, "No prefix was reused.");
    }
}
