namespace SeekSharp.Planning.Pipeline;

/// <summary>What a rank does with a micro-batch.</summary>
public enum ChunkKind
{
    /// <summary>Forward.</summary>
    Forward,

    /// <summary>Backward for inputs and weights.</summary>
    Backward,

    /// <summary>Backward for inputs only.</summary>
    BackwardInput,

    /// <summary>Backward for weights, put off from <see cref="BackwardInput"/>.</summary>
    BackwardWeight,

    /// <summary>Forward of one micro-batch overlapped with backward of another.</summary>
    Overlapped,
}

/// <summary>One piece of work in a timeline.</summary>
/// <param name="Rank">Who does it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="MicroBatch">Its micro-batch, from 0; of overlapped work the one that goes forward. Micro-batches of DualPipe's second direction follow those of the first.</param>
/// <param name="Stage">Its stage, from 0; of overlapped work the one that goes forward.</param>
/// <param name="BackwardMicroBatch">Of overlapped work, the micro-batch that goes backward; otherwise -1.</param>
/// <param name="BackwardStage">Of overlapped work, the stage that goes backward; otherwise -1.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends.</param>
public readonly record struct TimelineChunk(
    int Rank, ChunkKind Kind, int MicroBatch, int Stage, int BackwardMicroBatch, int BackwardStage, double Start, double End);

/// <summary>One step of a pipeline, as a simulation found it.</summary>
public sealed class PipelineTimeline
{
    private readonly double[] _busy;
    private readonly double[] _activations;

    internal PipelineTimeline(PipelineSchedule schedule, int ranks, int microBatches, ChunkCosts costs, IReadOnlyList<TimelineChunk> chunks)
    {
        (Schedule, Ranks, MicroBatches, Costs, Chunks) = (schedule, ranks, microBatches, costs, chunks);
        _busy = new double[ranks];
        _activations = new double[ranks];
        double[] kept = new double[ranks];
        foreach (TimelineChunk chunk in chunks) // of one rank they are in the order of time
        {
            Duration = Math.Max(Duration, chunk.End);
            _busy[chunk.Rank] += chunk.End - chunk.Start;
            if (chunk.Kind is ChunkKind.Forward or ChunkKind.Overlapped) kept[chunk.Rank]++;
            _activations[chunk.Rank] = Math.Max(_activations[chunk.Rank], kept[chunk.Rank]);
            if (chunk.Kind is ChunkKind.Backward or ChunkKind.BackwardWeight or ChunkKind.Overlapped) kept[chunk.Rank]--;
        }
    }

    /// <summary>The schedule.</summary>
    public PipelineSchedule Schedule { get; }

    /// <summary>Number of ranks.</summary>
    public int Ranks { get; }

    /// <summary>Number of micro-batches.</summary>
    public int MicroBatches { get; }

    /// <summary>Durations of one stage.</summary>
    public ChunkCosts Costs { get; }

    /// <summary>All work, by rank and time.</summary>
    public IReadOnlyList<TimelineChunk> Chunks { get; }

    /// <summary>From the first beginning to the last end.</summary>
    public double Duration { get; }

    /// <summary>Idle time of the rank that idles most.</summary>
    public double Bubble => Enumerable.Range(0, Ranks).Max(Idle);

    /// <summary>Share of the ranks' time that they idle.</summary>
    public double BubbleShare => Enumerable.Range(0, Ranks).Average(Idle) / Duration;

    /// <summary>Idle time of one rank.</summary>
    /// <param name="rank">The rank, from 0.</param>
    public double Idle(int rank) => Duration - _busy[rank];

    /// <summary>Micro-batches of one stage whose activations a rank keeps at most, its own work counted in.</summary>
    /// <param name="rank">The rank, from 0.</param>
    public int ActivationsInFlight(int rank) => (int)_activations[rank];
}
