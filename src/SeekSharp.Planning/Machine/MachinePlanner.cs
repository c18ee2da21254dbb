using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Planning.Machine;

/// <summary>Predicts what the machine that this runs on reaches with a model, without loading it.</summary>
/// <remarks>
/// Counted from the file: every matrix by type and shape, how many tokens meet it in a pass, attention by the cache's layout. Measured, in a few seconds: the kernels on
/// random matrices of these types and shapes that come from memory, and attention on a random cache. Not counted: norms, rotations, routing and sampling, and what the disk would
/// add for a model larger than memory.
/// </remarks>
public sealed class MachinePlanner : IDisposable
{
    /// <summary>Far above any cache, and little beside a model.</summary>
    private const long ProbeBytes = 512L << 20;

    private const int BandwidthPasses = 3;
    private const int ProbeTokens = 512;

    /// <summary>Kinds with less than this share of the multiply-adds are not measured; they take the mean time of the others.</summary>
    private const double LeastShare = 0.004;

    private readonly MachineOptions _options;
    private readonly WorkerPool _pool;
    private readonly AlignedBuffer _memory;
    private readonly ProductProbe _probe;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">What is predicted.</param>
    /// <exception cref="PlanningException">An option makes no sense here.</exception>
    public MachinePlanner(MachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Prompt < 1 || options.Decode < 1 || options.Depth < 0) throw new PlanningException("Prompt and decode take at least one token, and depth none or more.");
        Level = options.KernelLevel ?? KernelLevels.Best;
        if (!KernelLevels.IsSupported(Level)) throw new PlanningException($"This processor does not support the kernel level {Level}.");
        _options = options;
        _pool = new WorkerPool(options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        _memory = new AlignedBuffer(ProbeBytes);
        _probe = new ProductProbe(_pool, Level, _memory);
    }

    private KernelLevel Level { get; }

    /// <summary>Measures the machine and predicts.</summary>
    /// <param name="file">The model, with weights.</param>
    /// <exception cref="PlanningException">The model has not as much context.</exception>
    public MachinePrediction Predict(ModelFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ModelConfig config = file.Config;
        int context = _options.Depth + Math.Max(_options.Prompt, _options.Decode);
        if (context > config.ContextLength) throw new PlanningException($"{context} tokens are more than the model was made for ({config.ContextLength}).");
        var lists = MatrixWork.Lists(file);
        var traffic = new StepTraffic(file);
        int middle = _options.Depth + (_options.Decode + 1) / 2;
        Touch();
        _ = Prefill(config, lists); // until the compiler has replaced its first, slow code
        _ = Pass(config, lists, 1, middle - 1, logits: 1);
        _probe.Forget();
        double bandwidth = new ReadProbe(_pool, _memory).Best(BandwidthPasses) * 1e9;
        return new MachinePrediction
        {
            Threads = _pool.ThreadCount,
            Level = Level,
            MemoryBandwidth = bandwidth,
            IntegerMultiplyAdds = Rate(TensorType.Q8_0),
            FloatMultiplyAdds = Rate(TensorType.F32),
            BytesPerToken = traffic.OneToken,
            CacheBytesPerToken = Engine.CacheBytesFor(config, _options.CacheType, middle),
            MultiplyAddsPerToken = traffic.MultiplyAdds,
            Prompt = _options.Prompt,
            Prefill = Prefill(config, lists),
            Decode = Pass(config, lists, 1, middle - 1, logits: 1),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _probe.Dispose();
        _memory.Dispose();
        _pool.Dispose();
    }

    /// <summary>The passes into which an engine cuts a prompt.</summary>
    private TimeShare Prefill(ModelConfig config, IReadOnlyDictionary<MatrixKind, double> lists)
    {
        int chunk = new EngineOptions().MaxBatch;
        TimeShare sum = new(0, 0, 0, 0);
        for (int done = 0; done < _options.Prompt; done += chunk)
        {
            int tokens = Math.Min(chunk, _options.Prompt - done);
            TimeShare pass = Pass(config, lists, tokens, _options.Depth + done, logits: done + tokens == _options.Prompt ? 1 : 0);
            sum = new TimeShare(sum.Common + pass.Common, sum.Experts + pass.Experts, sum.Output + pass.Output, sum.Attention + pass.Attention);
        }

        return sum;
    }

    private TimeShare Pass(ModelConfig config, IReadOnlyDictionary<MatrixKind, double> lists, int tokens, int depth, int logits)
    {
        double attention = config.LayerCount * AttentionProbe.Measure(_pool, Level, config, _options.CacheType, tokens, depth);
        return new TimeShare(
            Sum(lists, kind => kind.Use is MatrixUse.Common or MatrixUse.Heads, kind => _probe.Seconds(kind, kind.PerList, tokens)),
            Sum(lists, kind => kind.Use == MatrixUse.Expert, kind => ExpertSeconds(config.MixtureOfExperts!, kind, tokens)),
            logits == 0 ? 0 : Sum(lists, kind => kind.Use == MatrixUse.Output, kind => _probe.Seconds(kind, 1, logits)),
            attention);
    }

    /// <summary>One layer's products with the experts that some tokens choose, if they choose at random.</summary>
    private double ExpertSeconds(MixtureOfExpertsConfig experts, MatrixKind kind, int tokens)
    {
        double chosen = experts.ExpertCount * (1 - Math.Pow(1 - (double)experts.ExpertsPerToken / experts.ExpertCount, tokens));
        double perExpert = (double)tokens * experts.ExpertsPerToken / chosen;
        int matrices = Math.Max(1, (int)Math.Round(chosen));
        return _probe.Seconds(kind, matrices, Math.Max(1, (int)Math.Round(perExpert))) * chosen / matrices;
    }

    /// <summary>Seconds of all kinds of a use, of which small ones are not measured.</summary>
    private static double Sum(IReadOnlyDictionary<MatrixKind, double> lists, Func<MatrixKind, bool> isOfUse, Func<MatrixKind, double> seconds)
    {
        double total = lists.Where(pair => isOfUse(pair.Key)).Sum(pair => Weights(pair.Key, pair.Value)), measured = 0, sum = 0;
        foreach (var (kind, count) in lists)
        {
            if (!isOfUse(kind) || Weights(kind, count) < LeastShare * total) continue;
            measured += Weights(kind, count);
            sum += count * seconds(kind);
        }

        return measured > 0 ? sum * total / measured : 0;
    }

    private static double Weights(MatrixKind kind, double lists) => lists * kind.PerList * kind.Rows * kind.Columns;

    /// <summary>Multiply-adds a second of a large product.</summary>
    private double Rate(TensorType type)
    {
        var kind = new MatrixKind(type, 2048, 2048, MatrixUse.Common, 1);
        return (double)kind.Rows * kind.Columns * ProbeTokens / _probe.Seconds(kind, 1, ProbeTokens);
    }

    /// <summary>A page that nobody has written is not read from memory.</summary>
    private unsafe void Touch()
    {
        for (long at = 0; at < _memory.ByteCount; at += 4096) _memory.Pointer[at] = 1;
    }
}
