namespace SeekSharp.Planning.Pipeline;

/// <summary>One entry of a rank's program. Which micro-batch is meant follows from the order: those of one phase are taken in turn.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Phase">0 or 1: of the two stages of a rank, the one whose micro-batches come first; of overlapped work the one that goes forward.</param>
internal readonly record struct RankOperation(ChunkKind Kind, int Phase = 0);

/// <summary>What each rank does, in order.</summary>
internal static class RankProgram
{
    /// <summary>The program of one rank.</summary>
    public static List<RankOperation> Of(PipelineSchedule schedule, int ranks, int rank, int microBatches) => schedule switch
    {
        PipelineSchedule.OneForwardOneBackward => OneForwardOneBackward(ranks, rank, microBatches, ChunkKind.Backward),
        // Gradients of weights are no part of the program: they run where the rank would idle, and where memory needs them.
        PipelineSchedule.ZeroBubble => OneForwardOneBackward(ranks, rank, microBatches, ChunkKind.BackwardInput),
        PipelineSchedule.DualPipe => Bidirectional(ranks, Math.Min(rank, ranks - 1 - rank), microBatches / 2),
        // A V is one half of DualPipe's picture, with all micro-batches in one direction.
        PipelineSchedule.DualPipeV => Bidirectional(2 * ranks, rank, microBatches),
        _ => throw new ArgumentOutOfRangeException(nameof(schedule)),
    };

    private static List<RankOperation> OneForwardOneBackward(int ranks, int rank, int microBatches, ChunkKind backward)
    {
        int ahead = Math.Min(microBatches, ranks - 1 - rank);
        List<RankOperation> program = [.. Enumerable.Repeat(new RankOperation(ChunkKind.Forward), ahead)];
        for (int i = 0; i < microBatches; i++)
        {
            if (ahead + i < microBatches) program.Add(new(ChunkKind.Forward));
            program.Add(new(backward));
        }

        return program;
    }

    /// <summary>The eight steps of DualPipe's schedule, for the rank that is <paramref name="half"/> ranks from its end of the pipeline.</summary>
    private static List<RankOperation> Bidirectional(int ranks, int half, int microBatchesPerPhase)
    {
        int others = (ranks / 2) - half - 1; // ranks between this one and the middle
        List<RankOperation> program = [];
        Repeat(2 * others, new RankOperation(ChunkKind.Forward, 0));
        Repeat(half + 1, new RankOperation(ChunkKind.Forward, 0), new RankOperation(ChunkKind.Forward, 1));
        Repeat(others, new RankOperation(ChunkKind.BackwardInput, 1), new RankOperation(ChunkKind.BackwardWeight), new RankOperation(ChunkKind.Forward, 1));
        int steady = microBatchesPerPhase - ranks + half + 1;
        for (int i = 0; i < steady; i++)
        {
            // The ranks in the middle begin without overlap: the micro-batch that goes backward has just come forward.
            if (i == 0 && others == 0) Repeat(1, new RankOperation(ChunkKind.Forward, 0), new RankOperation(ChunkKind.Backward, 1));
            else program.Add(new(ChunkKind.Overlapped, 0));
            program.Add(new(ChunkKind.Overlapped, 1));
        }

        Repeat(others, new RankOperation(ChunkKind.Backward, 1), new RankOperation(ChunkKind.Overlapped, 1));
        // Of the last pairs, the second half puts gradients of weights off.
        for (int i = 0; i < 2 * (half + 1); i++) program.Add(new RankOperation(i <= half ? ChunkKind.Backward : ChunkKind.BackwardInput, 1 - (i % 2)));
        Repeat(others, new RankOperation(ChunkKind.BackwardWeight), new RankOperation(ChunkKind.BackwardInput, 0));
        Repeat(half + 1, new RankOperation(ChunkKind.BackwardWeight));
        return program;

        void Repeat(int times, params ReadOnlySpan<RankOperation> operations)
        {
            for (int i = 0; i < times; i++) program.AddRange(operations);
        }
    }
}
