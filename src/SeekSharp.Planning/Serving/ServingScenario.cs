using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Serving;

/// <summary>Devices that serve together: each has the whole of attention for its own requests, and its part of every layer's experts.</summary>
/// <param name="ExpertParallel">Devices that the experts of a layer are spread over.</param>
/// <param name="RedundantExperts">Replicas of a layer's experts beyond one each (EPLB); with the experts they must divide evenly over the devices.</param>
public sealed record ServingUnit(int ExpertParallel, int RedundantExperts);

/// <summary>What users ask for.</summary>
public sealed record ServingLoad
{
    /// <summary>Tokens of prompts in a day, with those found in the cache.</summary>
    public double InputTokensPerDay { get; init; } = 608e9;

    /// <summary>Share of them that is found in the cache and not computed.</summary>
    public double CacheHitShare { get; init; } = 342.0 / 608;

    /// <summary>Tokens of replies in a day.</summary>
    public double OutputTokensPerDay { get; init; } = 168e9;

    /// <summary>Tokens in the cache of a request, on average over its decoding.</summary>
    public double ContextTokens { get; init; } = 4989;

    /// <summary>Tokens a second that a user gets, on average.</summary>
    public double TokensPerSecondPerUser { get; init; } = 21;

    /// <summary>Tokens of a prompt, if all requests were alike: with the reply half written, prompt and reply together are the mean context.</summary>
    public double PromptTokens => InputTokensPerDay + OutputTokensPerDay > 0 ? ContextTokens * InputTokensPerDay / (InputTokensPerDay + (OutputTokensPerDay / 2)) : 0;
}

/// <summary>Dollars for a million tokens.</summary>
/// <param name="CachedInput">Of prompts, found in the cache.</param>
/// <param name="Input">Of prompts, computed.</param>
/// <param name="Output">Of replies.</param>
public sealed record ServingPrices(double CachedInput, double Input, double Output)
{
    /// <summary>DeepSeek-R1 in February 2025.</summary>
    public static ServingPrices DeepSeekR1 { get; } = new(0.14, 0.55, 2.19);
}

/// <summary>What a serving system can do; each can be turned off to see what it is worth.</summary>
public sealed record ServingTechniques
{
    /// <summary>Two micro-batches: one computes while the tokens of the other travel (V3 §3.4).</summary>
    public bool Overlap { get; init; } = true;

    /// <summary>In prefill a token crosses to each node once, and to few nodes. Decode always sends to each expert directly (V3 §3.4.2).</summary>
    public bool NodeLimitedRouting { get; init; } = true;

    /// <summary>Tokens travel to experts in FP8; otherwise in BF16.</summary>
    public bool Float8Dispatch { get; init; } = true;

    /// <summary>Weights and their products in FP8 where the chip has it; otherwise in BF16.</summary>
    public bool Float8Matrices { get; init; } = true;

    /// <summary>Decode drafts one token with the model's prediction module and checks it in the next step (V3 §5.4.3).</summary>
    public bool MultiTokenPrediction { get; init; }
}

/// <summary>A service to plan. Immutable; sweeps change one property with "with".</summary>
public sealed record ServingScenario
{
    /// <summary>The model.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>The chip.</summary>
    public required Chip Chip { get; init; }

    /// <summary>The units that compute prompts.</summary>
    public ServingUnit Prefill { get; init; } = new(32, 32);

    /// <summary>The units that write replies.</summary>
    public ServingUnit Decode { get; init; } = new(144, 32);

    /// <summary>What users ask for.</summary>
    public ServingLoad Load { get; init; } = new();

    /// <summary>What they pay.</summary>
    public ServingPrices Prices { get; init; } = ServingPrices.DeepSeekR1;

    /// <summary>What the system can do.</summary>
    public ServingTechniques Techniques { get; init; } = new();

    /// <summary>What is assumed about chips, kernels and users.</summary>
    public ServingCalibration Calibration { get; init; } = new();

    /// <summary>Nodes that are paid for, on average over the day; null: as many as the load needs.</summary>
    public double? Nodes { get; init; }

    /// <summary>Requests that a device decodes at once; null: as many as memory and <see cref="ServingLoad.TokensPerSecondPerUser"/> allow.</summary>
    public double? Batch { get; init; }

    /// <summary>Tokens of a device in one prefill step.</summary>
    public int PrefillTokens { get; init; } = 16_384;

    /// <summary>Tokens a second that a prefill node was measured at, cache hits included; null: as predicted.</summary>
    public double? PrefillNodeTokensPerSecond { get; init; }

    /// <summary>Tokens a second that a decode node was measured at; null: as predicted.</summary>
    public double? DecodeNodeTokensPerSecond { get; init; }

    /// <summary>Bytes a second between the chips of a node in one direction; null: the chip's own.</summary>
    public double? LinkWithinNode { get; init; }

    /// <summary>Bytes a second between nodes, per chip and direction; null: the chip's own.</summary>
    public double? LinkBetweenNodes { get; init; }

    /// <summary>Chips of a node; null: the chip's own.</summary>
    public int? DevicesPerNode { get; init; }

    /// <summary>Dollars per chip and hour; null: the chip's own.</summary>
    public double? PricePerHour { get; init; }

    /// <summary>
    /// DeepSeek-V3 and R1 on 27 and 28 February 2025 (open-infra-index, day 6): 226.75 nodes of 8 H800 on average, prefill on units of 32 chips, decode on units of 144.
    /// </summary>
    public static ServingScenario DaySix { get; } = new() { Model = ModelCatalog.Find("DeepSeek-V3"), Chip = ChipCatalog.Default.Find("H800"), Nodes = 226.75 };
}
