using BenchmarkDotNet.Attributes;
using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.KernelBenchmarks;

/// <summary>
/// A model of one layer that is hardly more than attention: heads and cache of a real model, a residual stream of 64. Its projections, which are not counted, take a few
/// per cent behind 4,096 tokens.
/// </summary>
public class AttentionBenchmark : IMeasuredWork
{
    private const int Depth = 4096, Vocabulary = 32, Hidden = 64;
    private readonly int[] _tokens = new int[512];
    private TensorCollection _weights = null!;
    private LanguageModel _model = null!;
    private Engine _engine = null!;
    private Sequence _context = null!;

    /// <summary>"latent": DeepSeek-V2-Lite; "grouped": Qwen2-1.5B.</summary>
    [Params("latent", "grouped")]
    public string Shape { get; set; } = "latent";

    [Params(1, 512)]
    public int Tokens { get; set; }

    [ParamsSource(typeof(MatrixProductBenchmark), nameof(MatrixProductBenchmark.ThreadCounts))]
    public int Threads { get; set; }

    Work IMeasuredWork.Work
    {
        get
        {
            ModelConfig config = Config(Shape);
            int perScore = config.LatentAttention is { } latent ? 2 * latent.KeyValueRank + latent.RotaryDimension : 2 * config.HeadDimension;
            double positions = Depth + (Tokens + 1) / 2.0;
            return new Work(Tokens * positions * config.HeadCount * perScore, false, Engine.CacheBytesFor(config, CacheType.F16, (int)positions), Threads);
        }
    }

    /// <summary>The model of a shape.</summary>
    internal static ModelConfig Config(string shape) => new()
    {
        Architecture = shape == "latent" ? Architecture.DeepSeek : Architecture.Qwen2,
        LayerCount = 1,
        HiddenSize = Hidden,
        FeedForwardSize = Hidden,
        VocabularySize = Vocabulary,
        ContextLength = 2 * Depth,
        HeadCount = shape == "latent" ? 16 : 12,
        KeyValueHeadCount = shape == "latent" ? 16 : 2,
        HeadDimension = shape == "latent" ? 192 : 128,
        NormEpsilon = 1e-6f,
        RotaryBase = 10_000,
        RotaryPairing = shape == "latent" ? RotaryPairing.Interleaved : RotaryPairing.Halves,
        LatentAttention = shape == "latent" ? new LatentAttentionConfig(0, 512, 128, 64, 128) : null,
    };

    [GlobalSetup]
    public void Setup()
    {
        ModelConfig config = Config(Shape);
        _weights = new TensorCollection();
        Add("token_embd.weight", Vocabulary, Hidden);
        Add("output.weight", Vocabulary, Hidden);
        foreach (string norm in new[] { "output_norm", "blk.0.attn_norm", "blk.0.ffn_norm" }) Add(norm + ".weight", Hidden);
        foreach (string part in new[] { "gate", "up", "down" }) Add($"blk.0.ffn_{part}.weight", Hidden, Hidden);
        Add("blk.0.attn_q.weight", config.HeadCount * config.HeadDimension, Hidden);
        if (config.LatentAttention is { } latent)
        {
            Add("blk.0.attn_kv_a_mqa.weight", latent.KeyValueRank + latent.RotaryDimension, Hidden);
            Add("blk.0.attn_kv_a_norm.weight", latent.KeyValueRank);
            Add("blk.0.attn_k_b.weight", config.HeadCount, latent.KeyValueRank, latent.NopeDimension);
            Add("blk.0.attn_v_b.weight", config.HeadCount, latent.ValueDimension, latent.KeyValueRank);
            Add("blk.0.attn_output.weight", Hidden, config.HeadCount * latent.ValueDimension);
        }
        else
        {
            Add("blk.0.attn_k.weight", config.KeyValueHeadCount * config.HeadDimension, Hidden);
            Add("blk.0.attn_v.weight", config.KeyValueHeadCount * config.HeadDimension, Hidden);
            Add("blk.0.attn_output.weight", Hidden, config.HeadCount * config.HeadDimension);
        }

        _model = LanguageModel.Build(config, _weights);
        _engine = new Engine(_model, new EngineOptions { Threads = Threads, CacheTokens = Depth + 1024 });
        _context = _engine.CreateSequence();
        _engine.Evaluate(_context, new int[Depth]);
    }

    [Benchmark]
    public void Attend()
    {
        using Sequence sequence = _context.Fork();
        _engine.Evaluate(sequence, _tokens.AsSpan(0, Tokens));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _context.Dispose();
        _engine.Dispose();
        _model.Dispose();
        _weights.Dispose();
    }

    private void Add(string name, params int[] shape)
    {
        var random = new Random(name.Length);
        float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (product, length) => product * length)).Select(_ => random.NextSingle() - 0.5f)];
        _weights.Add(name, shape, values);
    }
}
