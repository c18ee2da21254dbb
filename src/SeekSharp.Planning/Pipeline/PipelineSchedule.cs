namespace SeekSharp.Planning.Pipeline;

/// <summary>In which order the ranks of a pipeline compute micro-batches.</summary>
public enum PipelineSchedule
{
    /// <summary>1F1B: one forward, one backward (PipeDream-Flush).</summary>
    OneForwardOneBackward,

    /// <summary>ZB1P: 1F1B with gradients of weights moved into its bubbles, in the same memory (ZB-H1, arXiv 2401.10241).</summary>
    ZeroBubble,

    /// <summary>DualPipe: micro-batches from both ends, forward of one overlapped with backward of another (V3 §3.2.1).</summary>
    DualPipe,

    /// <summary>DualPipeV: DualPipe cut in half, each rank with two stages of one V.</summary>
    DualPipeV,
}

/// <summary>Durations of the work of one stage on one micro-batch, in any unit.</summary>
/// <param name="Forward">F: forward.</param>
/// <param name="Backward">B: all of backward, for inputs and weights.</param>
/// <param name="BackwardWeight">W: the part of backward for weights.</param>
/// <param name="Overlapped">F&amp;B: forward of one micro-batch and backward of another, overlapped.</param>
public readonly record struct ChunkCosts(double Forward, double Backward, double BackwardWeight, double Overlapped)
{
    /// <summary>F = 1, B = 2, W = 1, F&amp;B = 3.</summary>
    public static ChunkCosts Units { get; } = new(1, 2, 1, 3);
}

/// <summary>Names and closed formulas of schedules (V3, table 2).</summary>
public static class PipelineSchedules
{
    /// <summary>The field's name: "1F1B", "ZB1P", "DualPipe", "DualPipeV".</summary>
    /// <param name="schedule">The schedule.</param>
    public static string ShortName(this PipelineSchedule schedule) => schedule switch
    {
        PipelineSchedule.OneForwardOneBackward => "1F1B",
        PipelineSchedule.ZeroBubble => "ZB1P",
        PipelineSchedule.DualPipe => "DualPipe",
        PipelineSchedule.DualPipeV => "DualPipeV",
        _ => throw new ArgumentOutOfRangeException(nameof(schedule)),
    };

    /// <summary>Whether forward and backward of different micro-batches are computed together.</summary>
    /// <param name="schedule">The schedule.</param>
    public static bool IsBidirectional(this PipelineSchedule schedule) => schedule is PipelineSchedule.DualPipe or PipelineSchedule.DualPipeV;

    /// <summary>Stages that the model is cut into: DualPipeV has two on each rank of its one copy, the others as many as ranks.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    public static int Stages(this PipelineSchedule schedule, int ranks) => schedule == PipelineSchedule.DualPipeV ? 2 * ranks : ranks;

    /// <summary>Stages that one rank holds: DualPipe keeps two copies of the model.</summary>
    /// <param name="schedule">The schedule.</param>
    public static int StagesPerRank(this PipelineSchedule schedule) => schedule.IsBidirectional() ? 2 : 1;

    /// <summary>Micro-batches of one stage whose activations a rank keeps at most.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    public static int ActivationsInFlight(this PipelineSchedule schedule, int ranks) => ranks <= 1 ? 1 : schedule.Stages(ranks) + (schedule.IsBidirectional() ? 1 : 0);

    /// <summary>Time that a rank idles in one step.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    /// <param name="costs">Durations of one stage.</param>
    public static double Bubble(this PipelineSchedule schedule, int ranks, in ChunkCosts costs)
    {
        if (ranks <= 1) return 0;
        int stages = schedule.Stages(ranks);
        return schedule switch
        {
            PipelineSchedule.OneForwardOneBackward => (stages - 1) * (costs.Forward + costs.Backward),
            PipelineSchedule.ZeroBubble => (stages - 1) * Math.Max(0, costs.Forward + costs.Backward - (2 * costs.BackwardWeight)),
            _ => ((stages / 2) - 1) * Math.Max(0, costs.Overlapped + costs.Backward - (3 * costs.BackwardWeight)),
        };
    }

    /// <summary>
    /// Duration of one step: the work of all micro-batches, and the bubble. A rank of DualPipe computes forward and backward of one micro-batch more than there are stages
    /// one after the other, as the simulation shows; all others overlap. Exact where B = 2 W, elsewhere up to 3% above the simulation.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    /// <param name="microBatches">Micro-batches of a step.</param>
    /// <param name="costs">Durations of one stage.</param>
    public static double Duration(this PipelineSchedule schedule, int ranks, int microBatches, in ChunkCosts costs)
    {
        double alone = costs.Forward + costs.Backward;
        if (ranks <= 1 || !schedule.IsBidirectional()) return (microBatches * alone) + schedule.Bubble(ranks, costs);
        double chunks = schedule == PipelineSchedule.DualPipeV ? 2.0 * microBatches : microBatches;
        double apart = schedule.Stages(ranks) + 1;
        return ((chunks - apart) * costs.Overlapped) + (apart * alone) + schedule.Bubble(ranks, costs);
    }

    /// <summary>Whether a schedule can run with so many ranks and micro-batches.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    /// <param name="microBatches">Micro-batches of a step.</param>
    public static bool CanRun(this PipelineSchedule schedule, int ranks, int microBatches) => ranks == 1 || !schedule.IsBidirectional()
        || (microBatches >= 2 * ranks && (schedule == PipelineSchedule.DualPipeV || (ranks % 2 == 0 && microBatches % 2 == 0)));

    /// <summary>Why a schedule cannot run with so many ranks and micro-batches, in one sentence; null where it can.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    /// <param name="microBatches">Micro-batches of a step.</param>
    public static string? Problem(this PipelineSchedule schedule, int ranks, int microBatches)
    {
        if (ranks < 1) return $"A pipeline needs at least 1 rank, not {ranks}.";
        if (microBatches < 1) return $"A step needs at least 1 micro-batch, not {microBatches}.";
        if (ranks == 1) return null;
        switch (schedule)
        {
            case PipelineSchedule.DualPipe when ranks % 2 != 0:
                return $"DualPipe needs an even number of ranks, not {ranks}.";
            case PipelineSchedule.DualPipe when microBatches % 2 != 0 || microBatches < 2 * ranks:
                return $"DualPipe on {ranks} ranks needs an even number of at least {2 * ranks} micro-batches, not {microBatches}: take a larger batch, fewer ranks or smaller micro-batches.";
            case PipelineSchedule.DualPipeV when microBatches < 2 * ranks:
                return $"DualPipeV on {ranks} ranks needs at least {2 * ranks} micro-batches, not {microBatches}: take a larger batch, fewer ranks or smaller micro-batches.";
            default:
                return null;
        }
    }
}
