using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Serving;

/// <summary>What is taken as given about chips, kernels and users. All constants of serving plans are here.</summary>
/// <remarks>
/// No value is fitted to a service, but which effects are reckoned with was decided with DeepSeek's published throughput in view: docs/planning.md says what each of
/// them is worth.
/// </remarks>
public sealed record ServingCalibration
{
    /// <summary>Share of the FP8 peak that large products reach.</summary>
    public double Float8Share { get; init; } = 0.60;

    /// <summary>Share of the BF16 peak that large products reach.</summary>
    public double BFloat16Share { get; init; } = 0.70;

    /// <summary>Share of the BF16 peak that attention's scores and values reach.</summary>
    public double AttentionShare { get; init; } = 580 / 989.5;

    /// <summary>Share of the memory's bandwidth at which products of few tokens read weights.</summary>
    public double WeightShare { get; init; } = 0.69;

    /// <summary>Share of the memory's bandwidth at which attention reads the cache.</summary>
    public double CacheShare { get; init; } = 3000.0 / 3350;

    /// <summary>Share of the memory's bandwidth that operations on single elements reach.</summary>
    public double MemoryShare { get; init; } = 0.8;

    /// <summary>Bytes through memory for every value between two products: written and read in 16 bits, then in 8.</summary>
    public double BytesPerValue { get; init; } = 6;

    /// <summary>Seconds from one kernel to the next.</summary>
    public double KernelSeconds { get; init; } = 1.3e-6;

    /// <summary>Kernels of a layer in decode.</summary>
    public double KernelsPerLayer { get; init; } = 31;

    /// <summary>Share of a chip's processors that move tokens while prefill hides traffic.</summary>
    public double CommunicationProcessors { get; init; } = 20.0 / 132;

    /// <summary>Share of the link within a node that prefill's exchange of tokens reaches.</summary>
    public double WithinShare { get; init; } = 153.0 / 160;

    /// <summary>Share of the link between nodes that prefill's exchange reaches, without copies that stay on their node.</summary>
    public double BetweenShare { get; init; } = 0.89;

    /// <summary>Share of the link between nodes that decode's exchange reaches.</summary>
    public double LowLatencyShare { get; init; } = 39.0 / 50;

    /// <summary>Load of the busiest device over the mean of its unit, for routed experts and their traffic.</summary>
    public double ExpertImbalance { get; init; } = (1.208 + 1.242) / 2;

    /// <summary>Mean wait of a prompt for prefill, in durations of its prefill: it sets how busy prefill may be.</summary>
    public double QueueWait { get; init; } = 1;

    /// <summary>Share of the units' mean number of idle ones: nodes are switched in whole units.</summary>
    public double IdleUnits { get; init; } = 0.5;

    /// <summary>Share of a device's memory that can be used.</summary>
    public double UsableMemory { get; init; } = 0.95;

    /// <summary>Share of drafted tokens that are right.</summary>
    public double DraftAcceptance { get; init; } = 0.85;

    /// <summary>Share of the time that prefill is busy: with random arrivals and equal work (M/D/1) the mean wait is u / (2 (1 - u)) durations.</summary>
    public double PrefillUtilization => 2 * QueueWait / (1 + (2 * QueueWait));

    /// <summary>Everything that is taken as given, for people and JSON.</summary>
    public IReadOnlyList<Assumption> Assumptions =>
    [
        new("float8Share", Float8Share, false, "share of the FP8 peak that large products reach: first README of DeepGEMM, V3's shapes with 4,096 tokens on H800, 1,190 of 1,979 TFLOPS"),
        new("bfloat16Share", BFloat16Share, false, "share of the BF16 peak that large products reach: cuBLAS on Hopper, about 700 of 989 TFLOPS"),
        new("attentionShare", AttentionShare, false, "share of the BF16 peak that attention reaches: FlashMLA at its release in February 2025, 580 of 989 TFLOPS on H800"),
        new("weightShare", WeightShare, false, "share of memory bandwidth for weights: first README of DeepGEMM, 64 tokens, the four products of V3's attention read 187 MB in 80.6 us on H800"),
        new("cacheShare", CacheShare, false, "share of memory bandwidth for the cache: README of FlashMLA, 3,000 of 3,350 GB/s on H800"),
        new("memoryShare", MemoryShare, false, "share of memory bandwidth of norms, rotations, activations and permutations: assumed of streaming kernels"),
        new("bytesPerValue", BytesPerValue, false, "bytes through memory per value between two products: 2 written, 2 read, then 1 and 1 in FP8 (V3 §3.3)"),
        new("kernelSeconds", KernelSeconds, false, "seconds from one kernel to the next with CUDA graphs on H100: Hazy Research, 27 May 2025"),
        new("kernelsPerLayer", KernelsPerLayer, false, "kernels of a layer in decode: counted along V3's layer (17 of attention, 14 of router, experts and their exchange)"),
        new("communicationProcessors", CommunicationProcessors, false, "share of a chip's processors that move tokens in prefill: 20 of 132 (V3 §3.2.2); none in decode (profile-data)"),
        new("withinShare", WithinShare, false, "share of the link within nodes in prefill: DeepEP, EP8, 153 of 160 GB/s"),
        new("betweenShare", BetweenShare, false, "share of the link between nodes in prefill: DeepEP, EP64, 51 GB/s of which 7/8 leave the node, of 50"),
        new("lowLatencyShare", LowLatencyShare, false, "share of the link between nodes in decode: DeepEP's low-latency kernels, EP128, 128 tokens, 39 of 50 GB/s"),
        new("expertImbalance", ExpertImbalance, false, "load of the busiest device over the mean, for routed experts and their traffic: mean of the two layers in EPLB's own example"),
        new("queueWait", QueueWait, false, "mean wait of a prompt in durations of its prefill: chosen, no source; with random arrivals (M/D/1) prefill is then busy 2/3 of the time"),
        new("idleUnits", IdleUnits, false, "units of each kind that are on without need: nodes follow the load in whole units, so half a unit on average (assumed)"),
        new("usableMemory", UsableMemory, false, "share of a device's memory that weights and cache may take: chosen"),
        new("draftAcceptance", DraftAcceptance, false, "share of drafted tokens that are right, where multi-token prediction is on: 85% to 90% (V3 §5.4.3)"),
    ];
}
