namespace SeekSharp.Planning.Training;

/// <summary>What a training system can do; each can be turned off to see what it is worth.</summary>
public sealed record TrainingTechniques
{
    /// <summary>Matrix products in FP8 where the chip has it (V3 §3.3); otherwise all in BF16.</summary>
    public bool Float8Matrices { get; init; } = true;

    /// <summary>Tokens travel to experts in FP8 (V3 §3.3.3); otherwise in BF16.</summary>
    public bool Float8Dispatch { get; init; } = true;

    /// <summary>A token crosses to each node once, and to few nodes (V3 §2.1.2, V2 §2.2.2); otherwise once per expert.</summary>
    public bool NodeLimitedRouting { get; init; } = true;

    /// <summary>
    /// Traffic hidden behind computation: with DualPipe behind all of the micro-batch that goes the other way (V3 §3.2.1), otherwise behind the shared experts
    /// (V2 §3.1.3).
    /// </summary>
    public bool Overlap { get; init; } = true;

    /// <summary>Layers of multi-token prediction, where the model has them, are trained too (V3 §2.2).</summary>
    public bool MultiTokenPrediction { get; init; } = true;

    /// <summary>As V2 and DeepSeek 67B were trained: BF16 throughout.</summary>
    public static TrainingTechniques BFloat16 { get; } = new() { Float8Matrices = false, Float8Dispatch = false };
}

/// <summary>Islands of devices with a slow link between them, each with whole replicas of the model.</summary>
public sealed record TrainingIslands
{
    /// <summary>Number of islands; 1: everything is one cluster.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Bytes a second in one direction in and out of one island.</summary>
    public double LinkBytesPerSecond { get; init; } = 12.5e9;

    /// <summary>Steps from one synchronisation to the next: 1 is plain data parallelism, 500 DiLoCo (arXiv 2311.08105).</summary>
    public int StepsBetween { get; init; } = 1;

    /// <summary>Bytes per parameter that are exchanged: 4 for FP32, 0.5 for 4 bits (arXiv 2501.18512).</summary>
    public double BytesPerParameter { get; init; } = 4;

    /// <summary>Whether the exchange runs beside the steps that follow (Streaming DiLoCo).</summary>
    public bool Overlapped { get; init; }
}

/// <summary>Bytes per parameter of what training keeps.</summary>
/// <param name="Weights">Of the weights that are multiplied.</param>
/// <param name="Gradients">Of the sum of gradients.</param>
/// <param name="Optimizer">Of master weights and both moments.</param>
public sealed record TrainingFormats(double Weights, double Gradients, double Optimizer)
{
    /// <summary>V3 §3.3.3: weights in BF16, gradients and master weights in FP32, both moments in BF16.</summary>
    public static TrainingFormats DeepSeekV3 { get; } = new(2, 4, 8);

    /// <summary>Weights in BF16, gradients, master weights and both moments in FP32.</summary>
    public static TrainingFormats Mixed { get; } = new(2, 4, 12);
}
