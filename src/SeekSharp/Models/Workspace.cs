using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Everything that changes during a forward pass except the cache: threads, products and buffers for at most <see cref="MaxRows"/> tokens.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly ParallelRows<NormWork> _norms;
    private readonly ParallelRows<AddWork> _additions;
    private readonly ParallelRows<SwiGluWork> _activations;

    public Workspace(ModelConfig config, CacheLayout cache, CacheElement element, WorkerPool pool, KernelLevel level, int maxRows, bool predicts = false)
    {
        Config = config;
        Pool = pool;
        MaxRows = maxRows;
        Products = new MatrixProducts(pool, level);
        _owned.Add(Products);
        Operations = VectorOperations.For(level);
        _norms = new ParallelRows<NormWork>(pool);
        _additions = new ParallelRows<AddWork>(pool);
        _activations = new ParallelRows<SwiGluWork>(pool);

        Hidden = Floats((long)maxRows * config.HiddenSize);
        Normed = Floats((long)maxRows * config.HiddenSize);
        BlockOutput = Floats((long)maxRows * config.HiddenSize);
        NormedInput = Input(maxRows, config.HiddenSize);
        Cosines = Floats((long)maxRows * config.RotaryDimension / 2);
        Sines = Floats((long)maxRows * config.RotaryDimension / 2);
        Attention = new CachedAttention(pool, PagedAttention.For(level, element, cache.KeyLength, cache.ValueLength), cache, config.HeadCount);
        _owned.Add(Attention);
        if (config.LatentAttention is { } latent) LatentAttention = new LatentAttentionBuffers(this, latent);
        else GroupedAttention = new GroupedAttentionBuffers(this);
        // A configuration may describe experts that no layer has: nothing in the file then bounds what it says of them.
        int lastLayer = predicts ? config.LayerCount : config.LayerCount - 1;
        if (config.MixtureOfExperts is { } moe && config.IsMixtureLayer(lastLayer))
        {
            MixtureOfExperts = new MixtureOfExpertsBuffers(this, moe);
            ExpertLoad = new ExpertLoad(config, lastLayer + 1);
        }

        if (config.MixtureOfExperts is null or { LeadingDenseLayers: > 0 }) FeedForward = new FeedForwardBuffers(this, config.FeedForwardSize);
        if (predicts) Prediction = new PredictionBuffers(this, config.HiddenSize);
    }

    public ModelConfig Config { get; }
    public WorkerPool Pool { get; }
    public int MaxRows { get; }
    public MatrixProducts Products { get; }
    public VectorOperations Operations { get; }

    /// <summary>The residual stream [rows, hidden].</summary>
    public float* Hidden { get; }

    /// <summary>The normed input of the current block [rows, hidden], and the same as input of products.</summary>
    public float* Normed { get; }
    public Activations NormedInput { get; }

    /// <summary>What the current block adds to the residual stream [rows, hidden].</summary>
    public float* BlockOutput { get; }

    /// <summary>Cosines and sines of the rows' positions [rows, rotary dimension / 2].</summary>
    public float* Cosines { get; }
    public float* Sines { get; }

    public CachedAttention Attention { get; }
    public LatentAttentionBuffers? LatentAttention { get; }
    public GroupedAttentionBuffers? GroupedAttention { get; }
    public FeedForwardBuffers? FeedForward { get; }
    public MixtureOfExpertsBuffers? MixtureOfExperts { get; }
    public PredictionBuffers? Prediction { get; }

    /// <summary>What the experts have computed; null where no layer has any.</summary>
    public ExpertLoad? ExpertLoad { get; }

    /// <summary>A zeroed buffer that lives as long as this workspace.</summary>
    public float* Floats(long count) => (float*)Bytes(count * sizeof(float));

    public int* Integers(long count) => (int*)Bytes(count * sizeof(int));

    public Activations Input(int rows, int columns)
    {
        var input = new Activations(rows, columns);
        _owned.Add(input);
        return input;
    }

    /// <summary>Row-wise RMS norm.</summary>
    public void Norm(NormWeight weight, float* source, long sourceStride, float* destination, long destinationStride, int rows) =>
        _norms.Run(new NormWork(Operations, weight, source, sourceStride, destination, destinationStride), rows, Chunk(weight.Length));

    /// <summary>destination += source, row by row.</summary>
    public void Add(float* destination, float* source, int length, int rows) =>
        _additions.Run(new AddWork(Operations, destination, source, length), rows, Chunk(length));

    /// <summary>gate = silu(gate) x up, row by row.</summary>
    public void SwiGlu(float* gate, float* up, int length, int rows) =>
        _activations.Run(new SwiGluWork(Operations, gate, up, length), rows, Chunk(length));

    /// <summary>Rows that one thread takes at a time: work that is worth a fork.</summary>
    private static int Chunk(int length) => Math.Max(1, 4096 / length);

    public void Dispose()
    {
        foreach (IDisposable owned in _owned) owned.Dispose();
    }

    private byte* Bytes(long count)
    {
        var buffer = new AlignedBuffer(Math.Max(count, 1));
        _owned.Add(buffer);
        return buffer.Pointer;
    }

    private readonly struct NormWork(
        VectorOperations operations, NormWeight weight, float* source, long sourceStride, float* destination, long destinationStride) : IRowWork
    {
        public void Run(int start, int end, int worker)
        {
            for (int row = start; row < end; row++)
                operations.RmsNorm(source + row * sourceStride, weight.Values, destination + row * destinationStride, weight.Length, weight.Epsilon);
        }
    }

    private readonly struct AddWork(VectorOperations operations, float* destination, float* source, int length) : IRowWork
    {
        public void Run(int start, int end, int worker) =>
            operations.Add(destination + (long)start * length, source + (long)start * length, (end - start) * length);
    }

    private readonly struct SwiGluWork(VectorOperations operations, float* gate, float* up, int length) : IRowWork
    {
        public void Run(int start, int end, int worker) =>
            operations.SwiGlu(gate + (long)start * length, up + (long)start * length, (end - start) * length);
    }
}

/// <summary>Weights of an RMS norm.</summary>
internal sealed unsafe class NormWeight(float* values, int length, float epsilon)
{
    public float* Values => values;
    public int Length => length;
    public float Epsilon => epsilon;
}
