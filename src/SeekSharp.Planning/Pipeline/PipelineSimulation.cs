namespace SeekSharp.Planning.Pipeline;

/// <summary>
/// Simulates one step of a pipeline by discrete events: each rank works through its program, and work begins when its rank is free and what it needs has been computed.
/// Sending takes no time of its own; costs may contain it.
/// </summary>
public sealed class PipelineSimulation
{
    private const int MostRanks = 1024, MostMicroBatches = 100_000, MostChunks = 4_000_000;
    private const double NotYet = double.PositiveInfinity;

    private readonly PipelineSchedule _schedule;
    private readonly ChunkCosts _costs;
    private readonly int _ranks;
    private readonly int _stages;
    private readonly int _microBatches;
    private readonly RankState[] _states;
    private readonly double[] _forwardEnds; // by stage and micro-batch
    private readonly double[] _backwardEnds;
    private readonly PriorityQueue<int, (double Time, int Rank)> _events = new();

    private PipelineSimulation(PipelineSchedule schedule, int ranks, int microBatches, ChunkCosts costs)
    {
        (_schedule, _ranks, _microBatches, _costs) = (schedule, ranks, microBatches, costs);
        _stages = schedule.Stages(ranks);
        _states = [.. Enumerable.Range(0, ranks).Select(rank => new RankState(RankProgram.Of(schedule, ranks, rank, microBatches)))];
        _forwardEnds = new double[_stages * microBatches];
        _backwardEnds = new double[_stages * microBatches];
        Array.Fill(_forwardEnds, NotYet);
        Array.Fill(_backwardEnds, NotYet);
    }

    /// <summary>Simulates one step.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="ranks">Ranks of the pipeline.</param>
    /// <param name="microBatches">Micro-batches of the step.</param>
    /// <param name="costs">Durations of one stage.</param>
    /// <exception cref="PlanningException">The schedule cannot run so, or a duration makes no sense.</exception>
    public static PipelineTimeline Run(PipelineSchedule schedule, int ranks, int microBatches, ChunkCosts costs)
    {
        if (ranks > MostRanks || microBatches > MostMicroBatches || (long)schedule.Stages(ranks) * microBatches > MostChunks)
            throw new PlanningException($"{ranks:N0} ranks with {microBatches:N0} micro-batches are too many to simulate; {MostRanks:N0} ranks and {MostChunks:N0} pieces of work are the most.");
        // on one rank there is nobody to overlap with
        if (ranks == 1 && schedule == PipelineSchedule.DualPipe) throw new PlanningException("DualPipe needs an even number of ranks, not 1.");
        string? problem = schedule.Problem(ranks, microBatches);
        if (ranks == 1 && schedule == PipelineSchedule.DualPipeV && microBatches < 2) problem = "DualPipeV on 1 rank needs at least 2 micro-batches, not 1.";
        if (problem is not null) throw new PlanningException(problem);
        if (!(costs is { Forward: > 0, Backward: > 0, BackwardWeight: >= 0, Overlapped: > 0 } && costs.BackwardWeight < costs.Backward
            && double.IsFinite(costs.Forward + costs.Backward + costs.Overlapped)))
            throw new PlanningException($"The durations F = {costs.Forward:G4}, B = {costs.Backward:G4}, W = {costs.BackwardWeight:G4}, F&B = {costs.Overlapped:G4} make no sense: all are above 0, and W is a part of B.");
        return new PipelineSimulation(schedule, ranks, microBatches, costs).Run();
    }

    private PipelineTimeline Run()
    {
        for (int rank = 0; rank < _ranks; rank++) _events.Enqueue(rank, (0, rank));
        while (_events.TryDequeue(out int rank, out var when)) Advance(rank, when.Time);
        if (Array.Exists(_states, state => !state.IsDone(_microBatches * _schedule.StagesPerRank() / Directions)))
            throw new InvalidOperationException($"The program of {_schedule.ShortName()} with {_ranks} ranks and {_microBatches} micro-batches waits for itself.");
        return new PipelineTimeline(_schedule, _ranks, _microBatches, _costs, [.. _states.SelectMany(state => state.Chunks)]);
    }

    /// <summary>DualPipe's micro-batches are shared out to two directions.</summary>
    private int Directions => _schedule == PipelineSchedule.DualPipe ? 2 : 1;

    /// <summary>Begins the next work of a rank, if it is free and its work is ready.</summary>
    private void Advance(int rank, double now)
    {
        RankState state = _states[rank];
        if (state.FreeAt > now) return;
        if (state.Next is { } operation && IsReady(rank, state, operation, now)) Begin(rank, state, operation, now);
        else if (_schedule == PipelineSchedule.ZeroBubble && state.Waiting.Count > 0) Begin(rank, state, null, now);
    }

    private bool IsReady(int rank, RankState state, RankOperation operation, double now)
    {
        if (operation.Kind == ChunkKind.BackwardWeight) return true;
        if (operation.Kind is ChunkKind.Forward or ChunkKind.Overlapped)
        {
            var (stage, microBatch) = Place(rank, operation.Phase, state.Forwards[operation.Phase]);
            if (stage > 0 && _forwardEnds[At(stage - 1, microBatch)] > now) return false;
            // ZB1P keeps the memory of 1F1B: no more micro-batches than ranks
            if (_schedule == PipelineSchedule.ZeroBubble && state.Forwards[0] - state.Weights >= _ranks) return false;
        }

        if (operation.Kind == ChunkKind.Forward) return true;
        int phase = BackwardPhase(operation);
        var (from, gradient) = Place(rank, phase, state.Backwards[phase]);
        return _forwardEnds[At(from, gradient)] <= now && (from == _stages - 1 || _backwardEnds[At(from + 1, gradient)] <= now);
    }

    /// <summary>Begins an operation of the program, or, with none, the gradient of weights that has waited longest.</summary>
    private void Begin(int rank, RankState state, RankOperation? next, double now)
    {
        RankOperation operation = next ?? new RankOperation(ChunkKind.BackwardWeight);
        double end = now + Cost(operation.Kind);
        (int Stage, int MicroBatch) forward = (-1, -1), backward = (-1, -1);
        if (operation.Kind is ChunkKind.Forward or ChunkKind.Overlapped)
        {
            forward = Place(rank, operation.Phase, state.Forwards[operation.Phase]++);
            _forwardEnds[At(forward.Stage, forward.MicroBatch)] = end;
        }

        if (operation.Kind == ChunkKind.BackwardWeight)
        {
            backward = state.Waiting.Dequeue();
            state.Weights++;
        }
        else if (operation.Kind != ChunkKind.Forward)
        {
            int phase = BackwardPhase(operation);
            backward = Place(rank, phase, state.Backwards[phase]++);
            _backwardEnds[At(backward.Stage, backward.MicroBatch)] = end;
            if (operation.Kind == ChunkKind.BackwardInput) state.Waiting.Enqueue(backward);
            else state.Weights++;
        }

        bool both = operation.Kind == ChunkKind.Overlapped;
        var first = forward.Stage >= 0 ? forward : backward;
        state.Chunks.Add(new TimelineChunk(rank, operation.Kind, first.MicroBatch, first.Stage, both ? backward.MicroBatch : -1, both ? backward.Stage : -1, now, end));
        state.FreeAt = end;
        if (next is not null) state.Position++;
        // What has been computed may be what a neighbour waits for.
        _events.Enqueue(rank, (end, rank));
        if (rank > 0) _events.Enqueue(rank - 1, (end, rank - 1));
        if (rank < _ranks - 1) _events.Enqueue(rank + 1, (end, rank + 1));
    }

    private double Cost(ChunkKind kind) => kind switch
    {
        ChunkKind.Forward => _costs.Forward,
        ChunkKind.Backward => _costs.Backward,
        ChunkKind.BackwardInput => _costs.Backward - _costs.BackwardWeight,
        ChunkKind.BackwardWeight => _costs.BackwardWeight,
        _ => _costs.Overlapped,
    };

    private static int BackwardPhase(RankOperation operation) => operation.Kind == ChunkKind.Overlapped ? 1 - operation.Phase : operation.Phase;

    private int At(int stage, int microBatch) => (stage * _microBatches) + microBatch;

    /// <summary>Stage and micro-batch of the n-th work in a phase of a rank.</summary>
    private (int Stage, int MicroBatch) Place(int rank, int phase, int number)
    {
        switch (_schedule)
        {
            case PipelineSchedule.DualPipe:
                // Phase 0 of the first half of the ranks goes forward with the ranks, phase 0 of the second half against them.
                bool isReverse = (phase == 1) != (rank >= _ranks / 2);
                return isReverse ? (_ranks - 1 - rank, (_microBatches / 2) + number) : (rank, number);
            case PipelineSchedule.DualPipeV:
                return (phase == 0 ? rank : _stages - 1 - rank, number);
            default:
                return (rank, number);
        }
    }

    private sealed class RankState(List<RankOperation> program)
    {
        public List<TimelineChunk> Chunks { get; } = [];

        public int[] Forwards { get; } = new int[2];

        public int[] Backwards { get; } = new int[2];

        /// <summary>Backward work whose gradients of weights have been put off.</summary>
        public Queue<(int Stage, int MicroBatch)> Waiting { get; } = new();

        /// <summary>Micro-batches whose gradients of weights are done.</summary>
        public int Weights { get; set; }

        public int Position { get; set; }

        public double FreeAt { get; set; }

        public RankOperation? Next => Position < program.Count ? program[Position] : null;

        public bool IsDone(int work) => Next is null && Weights == work;
    }
}
