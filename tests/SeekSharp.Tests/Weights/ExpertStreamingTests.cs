using SeekSharp.Inference;
using SeekSharp.Models;
using SeekSharp.Tests.Formats;
using SeekSharp.Tests.Models;
using SeekSharp.Weights;

namespace SeekSharp.Tests.Weights;

/// <summary>Models whose experts do not fit into memory compute the same bits.</summary>
public sealed class ExpertStreamingTests : IDisposable
{
    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 48).Select(i => ((i * 37) + 11) % 200)];

    private readonly TemporaryFolder _folder = new();
    private readonly PackedCacheOptions _cache;

    public ExpertStreamingTests() => _cache = new PackedCacheOptions { Folder = Path.Combine(_folder.Path, "packed") };

    public static TheoryData<string> Mixtures => ["tiny-deepseek-v3", "tiny-deepseek-v2", "tiny-deepseek-lite", "tiny-deepseek-plain", "tiny-v3-F32", "tiny-v3-Q4_K_M", "tiny-v3-Q6_K"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Mixtures))]
    public void Streamed_experts_give_the_same_bits(string name)
    {
        string path = PathOf(name);
        using LanguageModel resident = LanguageModel.Load(path);
        Matrix expected = Evaluation.Logits(resident, s_tokens);
        foreach (double share in new[] { 0.0, 0.5, 0.9 })
        {
            using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, resident.WeightBytes, share) });
            Assert.Equal(share == 0 ? WeightOrigin.PackedIntoCache : WeightOrigin.Cached, streamed.WeightOrigin);
            foreach ((int threads, int chunk) in new[] { (1, s_tokens.Length), (2, 1), (2, 7) })
                Evaluation.Logits(streamed, s_tokens, Evaluation.Options with { Threads = threads }, chunk).AssertSameBits(expected, $"share {share}, chunks of {chunk}");
            ExpertCacheStatistics statistics = streamed.ExpertCache!.Value;
            Assert.InRange(statistics.SlotCount, 2, statistics.ExpertCount - 1);
            Assert.InRange(statistics.HitRate, 1e-3, 1);
            Assert.InRange(statistics.Hits, 1, statistics.Uses - 1);
            Assert.InRange(statistics.BytesRead, 1, long.MaxValue);
        }
    }

    [Fact]
    public void Memory_stays_within_the_limit()
    {
        string path = PathOf("tiny-v3-F32");
        using LanguageModel resident = LanguageModel.Load(path);
        long limit = Limit(path, resident.WeightBytes, 0.5);
        using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = limit });
        Assert.InRange(streamed.WeightBytes, limit - (3 * 64 * 4096) - (1 << 20), limit);
    }

    [Fact]
    public void A_model_that_fits_is_in_memory()
    {
        string path = PathOf("tiny-deepseek-v3");
        using LanguageModel model = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = 1 << 30 });
        Assert.Null(model.ExpertCache);
        Assert.Equal(WeightOrigin.Packed, model.WeightOrigin);
    }

    [Fact]
    public void Too_little_memory_is_refused()
    {
        var exception = Assert.Throws<NotSupportedException>(() => LanguageModel.Load(PathOf("tiny-deepseek-v3"), new LoadOptions { PackedCache = _cache, WeightMemory = 10_000 }));
        Assert.Contains("10000", exception.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => LanguageModel.Load(PathOf("tiny-llama2"), new LoadOptions { PackedCache = _cache, WeightMemory = 10_000 }));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_an_error_when_it_is_needed()
    {
        File.WriteAllText(_cache.Folder!, "a file where the folder should be");
        string path = PathOf("tiny-deepseek-v3");
        Assert.Throws<IOException>(() => LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, long.MaxValue, 0) }));
    }

    [Fact]
    public void Engines_share_the_experts_of_a_model()
    {
        string path = PathOf("tiny-deepseek-lite");
        using LanguageModel resident = LanguageModel.Load(path);
        int[] expected = Evaluation.Greedy(resident, [1, 2, 3], 60);
        using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, resident.WeightBytes, 0.3) });
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Assert.Equal(expected, Evaluation.Greedy(streamed, [1, 2, 3], 60)));
    }

    [Fact]
    public void A_replayed_choice_and_its_trace_are_those_of_the_resident_model()
    {
        string path = PathOf("tiny-deepseek-v3");
        using LanguageModel resident = LanguageModel.Load(path);
        using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, resident.WeightBytes, 0.5) });
        RouterTrace first = new(), second = new();
        Evaluation.Logits(resident, s_tokens, trace: first, chunk: 3);
        Evaluation.Logits(streamed, s_tokens, trace: second, chunk: 3);
        Assert.Equal(first.Count, second.Count);
        for (int layer = 1; layer < resident.Config.LayerCount; layer++)
            for (int position = 0; position < s_tokens.Length; position++)
                Assert.Equal(first.Experts(layer, position).ToArray(), second.Experts(layer, position).ToArray());
    }

    [Fact]
    public void A_file_that_is_cut_while_it_is_read_ends_in_an_exception()
    {
        string path = PathOf("tiny-v3-F32");
        using LanguageModel resident = LanguageModel.Load(path);
        using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, resident.WeightBytes, 0) });
        using var engine = new Engine(streamed, Evaluation.Options);
        string file = Assert.Single(new PackedCache(_cache).List()).Path;
        byte[] bytes = File.ReadAllBytes(file);
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(PackedHeader.ByteCount);
        Assert.Throws<IOException>(() =>
        {
            using Sequence sequence = engine.CreateSequence();
            engine.Evaluate(sequence, s_tokens);
        });

        // And it goes on when the file is right again.
        File.WriteAllBytes(file, bytes);
        using Sequence again = engine.CreateSequence();
        float[] logits = engine.Evaluate(again, s_tokens).ToArray();
        Assert.Equal(Evaluation.Logits(resident, s_tokens).Last(1).Values, logits);
    }

    [Fact]
    public void A_token_allocates_nothing()
    {
        string path = PathOf("tiny-deepseek-v3");
        using LanguageModel streamed = LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = Limit(path, long.MaxValue, 0) });
        using var engine = new Engine(streamed, Evaluation.Options);
        using Sequence sequence = engine.CreateSequence();
        engine.Evaluate(sequence, s_tokens);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) engine.Evaluate(sequence, s_tokens.AsSpan(i % s_tokens.Length, 1));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static string PathOf(string name) => name.StartsWith("tiny-v3", StringComparison.Ordinal) ? Fixtures.Path(name + ".gguf") : Oracle.Load(name).ModelPath;

    /// <summary>From the least memory (0) to all (1). The exception for too little names the least.</summary>
    private long Limit(string path, long all, double share)
    {
        var exception = Assert.Throws<NotSupportedException>(() => LanguageModel.Load(path, new LoadOptions { PackedCache = _cache, WeightMemory = 1 }));
        long least = long.Parse(exception.Message.Split("needs ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        return share == 0 ? least : (long)(least + (share * (all - least)));
    }
}
