using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>What a forward pass does not keep for the backward pass.</summary>
public enum RecomputePolicy
{
    /// <summary>Keep everything.</summary>
    None,

    /// <summary>Compute norms, activations of feed-forwards and the up-projections of latent attention again (V3 §3.2.3).</summary>
    Selective,

    /// <summary>Keep the input of each layer and compute the layer again.</summary>
    Full,
}

/// <summary>How a training run is spread over devices.</summary>
public sealed record TrainingLayout
{
    /// <summary>Devices that a replica's layers are spread over.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>Devices that each matrix is cut over.</summary>
    public int Tensor { get; init; } = 1;

    /// <summary>Devices that a sequence is cut over.</summary>
    public int Context { get; init; } = 1;

    /// <summary>Devices that the experts of a layer are spread over; they are devices of data and context parallelism.</summary>
    public int Expert { get; init; } = 1;

    /// <summary>In which order a device computes micro-batches.</summary>
    public PipelineSchedule Schedule { get; init; } = PipelineSchedule.DualPipe;

    /// <summary>What data-parallel devices share out: 0 nothing, 1 optimizer states, 2 gradients too, 3 weights too (arXiv 1910.02054).</summary>
    public int ZeroStage { get; init; } = 1;

    /// <summary>What is computed again.</summary>
    public RecomputePolicy Recompute { get; init; } = RecomputePolicy.Selective;

    /// <summary>Sequences of a micro-batch.</summary>
    public int MicroBatchSequences { get; init; } = 1;

    /// <summary>The layout in short: "PP16 x EP64 x ZeRO-1, DualPipe, selective recomputation".</summary>
    public override string ToString()
    {
        string parts = $"PP{Pipeline}";
        if (Tensor > 1) parts += $" x TP{Tensor}";
        if (Context > 1) parts += $" x CP{Context}";
        if (Expert > 1) parts += $" x EP{Expert}";
        string recompute = Recompute switch { RecomputePolicy.None => "no", RecomputePolicy.Selective => "selective", _ => "full" };
        string schedule = Pipeline > 1 ? $", {Schedule.ShortName()}" : "";
        string batch = MicroBatchSequences > 1 ? $", micro-batches of {MicroBatchSequences}" : "";
        return $"{parts} x ZeRO-{ZeroStage}{schedule}, {recompute} recomputation{batch}";
    }
}
