using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Serving;
using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Sweeps;

/// <summary>What can be swept of a service.</summary>
public static class ServingSweep
{
    /// <summary>What can be changed.</summary>
    public static IReadOnlyList<SweepParameter<ServingScenario>> Parameters { get; } =
    [
        new("link.inter", "link between nodes, per chip and direction", Dimension.BytesPerSecond, false, (service, value) => service with { LinkBetweenNodes = value }),
        new("link.intra", "link within a node, one direction", Dimension.BytesPerSecond, false, (service, value) => service with { LinkWithinNode = value }),
        new("node", "chips of a node", Dimension.Count, true, (service, value) => service with { DevicesPerNode = TrainingSweep.Whole(value) }),
        new("flops.fp8", "arithmetic in FP8", Dimension.OperationsPerSecond, false, (service, value) => service with { Chip = service.Chip.WithArithmetic(value, NumberFormat.Float8) }),
        new("flops.bf16", "arithmetic in BF16", Dimension.OperationsPerSecond, false, (service, value) => service with { Chip = service.Chip.WithArithmetic(value, NumberFormat.BFloat16) }),
        new("memory", "memory of a chip", Dimension.Bytes, false, (service, value) => service with { Chip = service.Chip.WithMemory(value) }),
        new("memory.bandwidth", "bandwidth of a chip's memory", Dimension.BytesPerSecond, false, (service, value) => service with { Chip = service.Chip.WithBandwidth(value) }),
        new("price", "price of a chip", Dimension.DollarsPerHour, false, (service, value) => service with { PricePerHour = value }),
        new("price.output", "price of a million tokens of replies", Dimension.Dollars, false, (service, value) => service with { Prices = service.Prices with { Output = value } }),
        new("price.input", "price of a million tokens of prompts", Dimension.Dollars, false, (service, value) => service with { Prices = service.Prices with { Input = value } }),
        new("nodes", "nodes that are paid for", Dimension.Count, false, (service, value) => service with { Nodes = value }),
        new("speed", "tokens a second of a user", Dimension.Count, false, (service, value) => service with { Load = service.Load with { TokensPerSecondPerUser = value } }),
        new("context", "tokens in the cache of a request", Dimension.Count, false, (service, value) => service with { Load = service.Load with { ContextTokens = value } }),
        new("hits", "share of prompts' tokens found in the cache", Dimension.Count, false, (service, value) => service with { Load = service.Load with { CacheHitShare = value } }),
        new("input", "tokens of prompts in a day", Dimension.Count, false, (service, value) => service with { Load = service.Load with { InputTokensPerDay = value } }),
        new("output", "tokens of replies in a day", Dimension.Count, false, (service, value) => service with { Load = service.Load with { OutputTokensPerDay = value } }),
        new("batch", "requests that a chip decodes at once", Dimension.Count, false, (service, value) => service with { Batch = value }),
        new("ep.prefill", "chips of a prefill unit", Dimension.Count, true, (service, value) => service with { Prefill = service.Prefill with { ExpertParallel = TrainingSweep.Whole(value) } }),
        new("ep.decode", "chips of a decode unit", Dimension.Count, true, (service, value) => service with { Decode = service.Decode with { ExpertParallel = TrainingSweep.Whole(value) } }),
        Assumed("imbalance", "load of the busiest device over the mean", Dimension.Count, (calibration, value) => calibration with { ExpertImbalance = value }),
        Assumed("wait", "mean wait of a prompt in durations of its prefill", Dimension.Count, (calibration, value) => calibration with { QueueWait = value }),
        Assumed("idle", "units of each kind that are on without need", Dimension.Count, (calibration, value) => calibration with { IdleUnits = value }),
        Assumed("kernel", "time from one kernel to the next", Dimension.Seconds, (calibration, value) => calibration with { KernelSeconds = value }),
        Assumed("processors", "share of processors that move tokens in prefill", Dimension.Count, (calibration, value) => calibration with { CommunicationProcessors = value }),
        Assumed("bytes", "bytes through memory per value between products", Dimension.Count, (calibration, value) => calibration with { BytesPerValue = value }),
    ];

    /// <summary>What can be turned on and off.</summary>
    public static IReadOnlyList<Technique<ServingScenario>> Techniques { get; } =
    [
        new("overlap", (service, on) => service with { Techniques = service.Techniques with { Overlap = on } }),
        new("node-limit", (service, on) => service with { Techniques = service.Techniques with { NodeLimitedRouting = on } }),
        new("fp8-dispatch", (service, on) => service with { Techniques = service.Techniques with { Float8Dispatch = on } }),
        new("fp8", (service, on) => service with { Techniques = service.Techniques with { Float8Matrices = on } }),
        new("mtp", (service, on) => service with { Techniques = service.Techniques with { MultiTokenPrediction = on } }),
    ];

    /// <summary>What can be looked at.</summary>
    public static IReadOnlyList<SweepMetric<ServingScenario>> Metrics { get; } =
    [
        new("throughput", "tokens of replies a second and chip, prefill included", service => ServingPlan.Evaluate(service).TokensPerSecondPerDevice),
        new("prefill", "tokens of prompts a second and prefill node", service => ServingPlan.Evaluate(service).PrefillNodeTokensPerSecond),
        new("decode", "tokens of replies a second and decode node", service => ServingPlan.Evaluate(service).DecodeNodeTokensPerSecond),
        new("user", "tokens a second of a user", service => ServingPlan.Evaluate(service).Decode.UserTokensPerSecond),
        new("cost", "dollars of chips a day", service => ServingPlan.Evaluate(service).CostPerDay ?? double.NaN),
        new("cost.output", "dollars of chips per million tokens of replies", service => ServingPlan.Evaluate(service).CostPerMillionOutput ?? double.NaN),
        new("margin", "profit over cost", service => ServingPlan.Evaluate(service).Margin ?? double.NaN),
        new("nodes", "nodes that the load needs", service => ServingPlan.Evaluate(service).NodesNeeded),
    ];

    private static SweepParameter<ServingScenario> Assumed(string name, string meaning, Dimension dimension, Func<ServingCalibration, double, ServingCalibration> set) =>
        new($"assumed.{name}", meaning, dimension, false, (service, value) => service with { Calibration = set(service.Calibration, value) });
}
