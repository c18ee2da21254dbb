using Microsoft.Extensions.Logging;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Weights;

namespace SeekSharp.Chat;

/// <summary>How a <see cref="SeekChatClient"/> loads its model and talks.</summary>
public sealed record SeekChatClientOptions
{
    /// <summary>Threads; 0 takes one per core.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens that all conversations together may hold at a time; 0 takes the smaller of 4,096 and the model's own context.</summary>
    public int ContextLength { get; init; }

    /// <summary>Storage of keys and values. Default float16.</summary>
    public CacheType CacheType { get; init; } = CacheType.F16;

    /// <summary>Instructions to use; null takes the best that the processor has.</summary>
    public KernelLevel? KernelLevel { get; init; }

    /// <summary>Whether the model's multi-token-prediction module is loaded, where it has one: <see cref="GenerationOptions.Speculation"/> may then draft with it. Default false.</summary>
    public bool LoadsPrediction { get; init; }

    /// <summary>Keeps packed weights on disk for later loads; see <see cref="LoadOptions.PackedCache"/>. Default null: off.</summary>
    public PackedCacheOptions? PackedCache { get; init; }

    /// <summary>Most bytes of memory for weights; 0: no limit. See <see cref="LoadOptions.WeightMemory"/>.</summary>
    public long WeightMemory { get; init; }

    /// <summary>How requests share the engine: queue, tenants, prefixes on disk. Default null: the defaults.</summary>
    public SchedulerOptions? Scheduling { get; init; }

    /// <summary>Told about trouble that does not keep the model from loading, or null; see <see cref="LoadOptions.Notice"/>.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Told about the progress of loading, or null.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }

    /// <summary>A chat template (Jinja) in place of the model's own, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>What replies call the model; null takes the name in the file, or the name of the file.</summary>
    public string? ModelId { get; init; }

    /// <summary>
    /// How tokens are chosen where a request says nothing. Default: temperature 0.6 and top-p 0.95, as DeepSeek recommends for R1 (arXiv 2501.12948, model card).
    /// </summary>
    public SamplerOptions Sampling { get; init; } = new() { Temperature = 0.6f, TopP = 0.95f };

    /// <summary>Gets loggers: loading, counts and times of replies, failures. What people and models say is never logged. Default null: none.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
