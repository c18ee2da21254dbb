namespace SeekSharp.Planning.Training;

/// <summary>Something that a plan takes as given.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">How much.</param>
/// <param name="IsFitted">Whether it was fitted to published runs.</param>
/// <param name="Meaning">What it means and where it comes from, in one sentence.</param>
public sealed record Assumption(string Name, double Value, bool IsFitted, string Meaning);

/// <summary>Shares of a chip's rates that a run reaches. All constants of training plans are here; three of them are fitted, or none.</summary>
public sealed record TrainingCalibration
{
    /// <summary>"fitted" or "first principles".</summary>
    public required string Name { get; init; }

    /// <summary>Whether the first three shares were fitted to published runs.</summary>
    public required bool IsFitted { get; init; }

    /// <summary>Share of the FP8 peak that matrix products reach.</summary>
    public required double Float8Share { get; init; }

    /// <summary>Share of the BF16 peak that matrix products reach.</summary>
    public required double BFloat16Share { get; init; }

    /// <summary>Share of the BF16 peak that attention itself reaches, forward and backward.</summary>
    public required double AttentionShare { get; init; }

    /// <summary>Share of the memory's bandwidth that operations on single elements reach.</summary>
    public double MemoryShare { get; init; } = 0.8;

    /// <summary>Share of a chip's processors that move tokens while traffic is hidden (V3 §3.2.2: 20 of 132).</summary>
    public double CommunicationProcessors { get; init; } = 20.0 / 132;

    /// <summary>Load of the busiest device over the mean of its expert group.</summary>
    public double ExpertImbalance { get; init; } = 1;

    /// <summary>
    /// Three shares fitted to four published runs: V3's pre-training and context extension, V2 and DeepSeek 67B (PublishedRuns). They take in what the plan
    /// does not have of its own: quantisation, launches, uneven experts, clocks under load.
    /// </summary>
    public static TrainingCalibration Fitted { get; } = new()
    {
        Name = "fitted",
        IsFitted = true,
        Float8Share = 0.424,
        BFloat16Share = 0.495,
        AttentionShare = 0.276,
    };

    /// <summary>
    /// Rates that the kernels alone were measured at, nothing fitted to a training run: FP8 products from the table of DeepGEMM's first README (H800: 990 to 1358
    /// TFLOPS on V3's shapes with 4096 tokens or more, 1,190 weighted by their operations), BF16 products from cuBLAS on Hopper (about 700 of 989 TFLOPS), attention from FlashAttention-2 on
    /// Hopper (arXiv 2407.08608, figures 5 and 6, head dimension 128 at 4K: 368 TFLOPS forward, 310 backward).
    /// </summary>
    public static TrainingCalibration FirstPrinciples { get; } = new()
    {
        Name = "first principles",
        IsFitted = false,
        Float8Share = 0.60,
        BFloat16Share = 0.70,
        AttentionShare = 0.33,
        ExpertImbalance = 1.1,
    };

    /// <summary>Everything that is taken as given, for people and JSON.</summary>
    public IReadOnlyList<Assumption> Assumptions =>
    [
        new("float8Share", Float8Share, IsFitted, "share of the FP8 peak that matrix products reach" + (IsFitted
            ? ", all that the plan has no term for included" : ": DeepGEMM's table for V3's shapes on H800, 990 to 1358 of 1979 TFLOPS")),
        new("bfloat16Share", BFloat16Share, IsFitted, "share of the BF16 peak that matrix products reach" + (IsFitted
            ? ", all that the plan has no term for included" : ": large cuBLAS products on Hopper, about 700 of 989 TFLOPS")),
        new("attentionShare", AttentionShare, IsFitted, "share of the BF16 peak that attention's scores and values reach" + (IsFitted
            ? ", forward and backward" : ": FlashAttention-2 on Hopper, 368 TFLOPS forward and 310 backward (arXiv 2407.08608)")),
        new("memoryShare", MemoryShare, false, "share of the memory's bandwidth that norms, rotations, activations and permutations reach"),
        new("communicationProcessors", CommunicationProcessors, false, "share of a chip's processors that move tokens while traffic is hidden: 20 of 132 (V3 §3.2.2)"),
        new("expertImbalance", ExpertImbalance, false, "load of the busiest device over the mean of its expert group" + (IsFitted ? ": in the fitted shares" : ", for routed experts")),
    ];
}
