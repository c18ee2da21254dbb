using System.Diagnostics;
using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.Planning.Machine;

/// <summary>Times attention over a cache, for one layer of a model.</summary>
internal static unsafe class AttentionProbe
{
    private const double Seconds = 0.1;
    private const int FewestRuns = 5;

    /// <summary>Bytes of cache over which layers take turns, so that a decoded token's keys and values come from memory, as behind a pass through all weights.</summary>
    private const long CacheBytes = 128 << 20;

    private const int MostLayers = 32;

    /// <summary>Median seconds for some new tokens behind others.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="level">Kernels.</param>
    /// <param name="config">The model.</param>
    /// <param name="cache">Storage of the cache.</param>
    /// <param name="tokens">New tokens.</param>
    /// <param name="depth">Tokens before them.</param>
    public static double Measure(WorkerPool pool, KernelLevel level, ModelConfig config, CacheType cache, int tokens, int depth)
    {
        CacheLayout layout = TransformerBuilder.CacheLayout(config, LatentAttentionForm.Absorbed);
        long perLayer = CacheCodec.ByteCount(cache, (long)(depth + tokens) * layout.FloatsPerToken);
        int layers = tokens > 1 ? 1 : (int)Math.Clamp(CacheBytes / perLayer, 1, MostLayers);
        using var memory = new CachePool(layout, layers, cache, depth + tokens);
        var pages = new SequencePages(memory, PageKey.Start([]), publishes: false);
        pages.TryReserve(0, depth + tokens);
        var random = new Random(1);
        float[] numbers = new float[layout.FloatsPerToken + 4096];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = random.NextSingle() - 0.5f;
        fixed (float* first = numbers)
        {
            for (int layer = 0; layer < layers; layer++)
                for (int position = 0; position < depth + tokens; position++)
                    pages.Write(position, layer, first + random.Next(2048), first + random.Next(2048));
        }

        using var attention = new CachedAttention(pool, PagedAttention.For(level, CacheCodec.Element(cache), layout.KeyLength, layout.ValueLength), layout, config.HeadCount);
        var batch = new ForwardBatch(tokens);
        batch.Add(new int[tokens], depth, pages, null, logitCount: 0);
        using var queries = new AlignedBuffer((long)tokens * config.HeadCount * layout.KeyLength * sizeof(float));
        using var output = new AlignedBuffer((long)tokens * config.HeadCount * layout.ValueLength * sizeof(float));
        foreach (ref float value in queries.AsSpan<float>()) value = random.NextSingle() - 0.5f;
        List<double> seconds = [];
        long start = Stopwatch.GetTimestamp();
        while (seconds.Count < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds)
        {
            long run = Stopwatch.GetTimestamp();
            for (int layer = 0; layer < layers; layer++) attention.Run((float*)queries.Pointer, (float*)output.Pointer, batch, layer, 0.1f);
            seconds.Add(Stopwatch.GetElapsedTime(run).TotalSeconds / layers);
        }

        return seconds.Order().ElementAt(seconds.Count / 2);
    }
}
