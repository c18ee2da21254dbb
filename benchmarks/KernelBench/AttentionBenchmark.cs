using System.Diagnostics;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Models;

/// <summary>Times attention over a cache alone: one decoded token at several depths, several tokens, and a prefill of 512.</summary>
internal static unsafe class AttentionBenchmark
{
    /// <summary>Layers are cycled, so that the cache of a decoded token comes from memory as it does in a model.</summary>
    private const int Layers = 8;

    public static void Run(KernelLevel level, string[] shapes, CacheType[] caches)
    {
        Console.WriteLine($"{"shape",-8} {"level",-10} {"cache",-5} {"threads",7} {"tokens",6} {"depth",6} {"us",9} {"GMAC/s",7} {"cache GB/s",10}");
        foreach (string name in shapes)
        {
            (CacheLayout layout, int heads) = name switch
            {
                "latent" => (new CacheLayout(1, 576, 512, ValuesInKeys: true), 16), // DeepSeek-V2-Lite, absorbed
                "grouped" => (new CacheLayout(2, 128, 128, ValuesInKeys: false), 12), // Qwen2-1.5B
                _ => (new CacheLayout(4, 24, 24, ValuesInKeys: false), 8),
            };
            foreach (CacheType cache in caches)
                foreach (int threads in new[] { 1, 2 })
                    foreach ((int tokens, int depth) in new[] { (1, 64), (1, 512), (1, 4096), (1, 16383), (8, 512), (512, 0), (512, 4096) })
                        Time(name, level, cache, layout, heads, threads, tokens, depth);
        }
    }

    private static void Time(string name, KernelLevel level, CacheType cache, CacheLayout layout, int heads, int threads, int tokens, int depth)
    {
        using var pool = new WorkerPool(threads);
        using var memory = new CachePool(layout, Layers, cache, depth + tokens);
        var pages = new SequencePages(memory, PageKey.Start([]), publishes: false);
        pages.TryReserve(0, depth + tokens);
        var random = new Random(1);
        float[] numbers = new float[layout.FloatsPerToken + 4096];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = random.NextSingle() - 0.5f;
        fixed (float* first = numbers)
        {
            for (int layer = 0; layer < Layers; layer++)
                for (int position = 0; position < depth + tokens; position++)
                    pages.Write(position, layer, first + random.Next(2048), first + random.Next(2048));
        }

        using var attention = new CachedAttention(pool, PagedAttention.For(level, CacheCodec.Element(cache), layout.KeyLength, layout.ValueLength), layout, heads);
        var batch = new ForwardBatch(tokens);
        batch.Add(new int[tokens], depth, pages, null, logitCount: 0);
        using var queries = new AlignedBuffer((long)tokens * heads * layout.KeyLength * sizeof(float));
        using var output = new AlignedBuffer((long)tokens * heads * layout.ValueLength * sizeof(float));
        foreach (ref float value in queries.AsSpan<float>()) value = random.NextSingle() - 0.5f;
        double best = double.MaxValue;
        long whole = Stopwatch.GetTimestamp();
        for (int run = 0; run < 3 || Stopwatch.GetElapsedTime(whole).TotalSeconds < 0.25; run++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int layer = 0; layer < Layers; layer++) attention.Run((float*)queries.Pointer, (float*)output.Pointer, batch, layer, 0.1f);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / Layers);
        }

        double products = (double)heads * (layout.KeyLength + layout.ValueLength) * ((tokens * (double)depth) + (tokens * (tokens + 1.0) / 2));
        double bytes = memory.ByteCount / Layers;
        Console.WriteLine($"{name,-8} {level,-10} {cache,-5} {threads,7} {tokens,6} {depth,6} {best * 1e6,9:F1} {products / best / 1e9,7:F1} {bytes / best / 1e9,10:F1}");
    }
}
