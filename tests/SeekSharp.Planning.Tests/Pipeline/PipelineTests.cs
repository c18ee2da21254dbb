using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Tests.Pipeline;

public sealed class PipelineTests
{
    // V3, table 2, with F = 1, B = 2, W = 1, F&B = 3 (reference/deepseek.md §2.3): exact, by formula and by simulation, for any number of micro-batches.
    [Theory]
    [InlineData(PipelineSchedule.OneForwardOneBackward, 16, 45)]
    [InlineData(PipelineSchedule.OneForwardOneBackward, 8, 21)]
    [InlineData(PipelineSchedule.ZeroBubble, 16, 15)]
    [InlineData(PipelineSchedule.ZeroBubble, 8, 7)]
    [InlineData(PipelineSchedule.DualPipe, 16, 14)]
    [InlineData(PipelineSchedule.DualPipe, 8, 6)]
    [InlineData(PipelineSchedule.DualPipeV, 8, 14)] // PP16 and PP8 on half the devices
    [InlineData(PipelineSchedule.DualPipeV, 4, 6)]
    public void Bubbles_are_those_of_the_paper(PipelineSchedule schedule, int ranks, double bubble)
    {
        Assert.Equal(bubble, schedule.Bubble(ranks, ChunkCosts.Units));
        foreach (int microBatches in (int[])[2 * ranks, (2 * ranks) + 2, 40, 120])
        {
            PipelineTimeline timeline = PipelineSimulation.Run(schedule, ranks, microBatches, ChunkCosts.Units);
            for (int rank = 0; rank < ranks; rank++) Assert.Equal(bubble, timeline.Idle(rank), 1e-9);
            Assert.Equal(schedule.Duration(ranks, microBatches, ChunkCosts.Units), timeline.Duration, 1e-9);
        }
    }

    // V3, table 2: activations PP, PP, PP + 1 (DualPipe, and V with twice the stages), as the most that any rank keeps.
    [Theory]
    [InlineData(PipelineSchedule.OneForwardOneBackward, 8, 20, 8)]
    [InlineData(PipelineSchedule.ZeroBubble, 8, 20, 8)]
    [InlineData(PipelineSchedule.DualPipe, 8, 20, 9)]
    [InlineData(PipelineSchedule.DualPipeV, 4, 10, 9)]
    public void Activations_are_those_of_the_paper(PipelineSchedule schedule, int ranks, int microBatches, int activations)
    {
        PipelineTimeline timeline = PipelineSimulation.Run(schedule, ranks, microBatches, ChunkCosts.Units);
        Assert.Equal(activations, schedule.ActivationsInFlight(ranks));
        Assert.Equal(activations, Enumerable.Range(0, ranks).Max(timeline.ActivationsInFlight));
    }

    [Theory]
    [InlineData(PipelineSchedule.OneForwardOneBackward, 5, 13)]
    [InlineData(PipelineSchedule.ZeroBubble, 5, 13)]
    [InlineData(PipelineSchedule.DualPipe, 6, 16)]
    [InlineData(PipelineSchedule.DualPipeV, 3, 11)]
    [InlineData(PipelineSchedule.ZeroBubble, 1, 4)]
    [InlineData(PipelineSchedule.DualPipeV, 1, 4)]
    public void A_timeline_computes_everything_once_and_in_order(PipelineSchedule schedule, int ranks, int microBatches)
    {
        ChunkCosts costs = new(1.1, 2.3, 0.9, 3.1);
        PipelineTimeline timeline = PipelineSimulation.Run(schedule, ranks, microBatches, costs);
        int stages = schedule.Stages(ranks);
        Dictionary<(int Stage, int MicroBatch), (int Rank, double Start, double End)> forward = [], backward = [];
        Dictionary<(int, int), double> weights = [];
        foreach (TimelineChunk chunk in timeline.Chunks)
        {
            if (chunk.Kind is ChunkKind.Forward or ChunkKind.Overlapped) forward.Add((chunk.Stage, chunk.MicroBatch), (chunk.Rank, chunk.Start, chunk.End));
            if (chunk.Kind is ChunkKind.Backward or ChunkKind.BackwardInput) backward.Add((chunk.Stage, chunk.MicroBatch), (chunk.Rank, chunk.Start, chunk.End));
            if (chunk.Kind == ChunkKind.Overlapped) backward.Add((chunk.BackwardStage, chunk.BackwardMicroBatch), (chunk.Rank, chunk.Start, chunk.End));
            if (chunk.Kind == ChunkKind.BackwardWeight) weights.Add((chunk.Stage, chunk.MicroBatch), chunk.Start);
        }

        Assert.Equal(stages * microBatches, forward.Count);
        Assert.Equal(stages * microBatches, backward.Count);
        foreach (var ((stage, microBatch), work) in forward)
        {
            if (stage > 0) Assert.True(forward[(stage - 1, microBatch)].End <= work.Start);
            Assert.True(work.End <= backward[(stage, microBatch)].Start);
            Assert.Equal(work.Rank, backward[(stage, microBatch)].Rank);
            if (stage < stages - 1) Assert.True(backward[(stage + 1, microBatch)].End <= backward[(stage, microBatch)].Start);
        }

        foreach (var (key, start) in weights) Assert.True(backward[key].End <= start);
        for (int rank = 0; rank < ranks; rank++)
        {
            double free = 0;
            foreach (TimelineChunk chunk in timeline.Chunks.Where(chunk => chunk.Rank == rank))
            {
                Assert.True(free <= chunk.Start);
                free = chunk.End;
            }
        }
    }

    // The closed formulas assume B = 2 W; elsewhere they are above the simulation, by at most 3%.
    [Theory]
    [InlineData(1, 2.4, 0.8, 3.2)]
    [InlineData(1.5, 2.6, 0.7, 3)]
    [InlineData(1, 2, 1, 2.5)]
    [InlineData(1, 2, 1, 3)]
    public void Durations_are_near_the_simulation_for_other_costs(double forward, double backward, double weight, double overlapped)
    {
        ChunkCosts costs = new(forward, backward, weight, overlapped);
        foreach (PipelineSchedule schedule in (PipelineSchedule[])[PipelineSchedule.DualPipe, PipelineSchedule.DualPipeV])
        {
            double simulated = PipelineSimulation.Run(schedule, 8, 60, costs).Duration;
            Assert.InRange(schedule.Duration(8, 60, costs) / simulated, 0.999, 1.03);
        }
    }

    [Theory]
    [InlineData(PipelineSchedule.DualPipe, 7, 20, "even")]
    [InlineData(PipelineSchedule.DualPipe, 8, 14, "16")]
    [InlineData(PipelineSchedule.DualPipe, 1, 4, "even")]
    [InlineData(PipelineSchedule.DualPipeV, 4, 7, "8")]
    [InlineData(PipelineSchedule.OneForwardOneBackward, 0, 20, "rank")]
    [InlineData(PipelineSchedule.ZeroBubble, 4, 0, "micro-batch")]
    [InlineData(PipelineSchedule.ZeroBubble, 5000, 5000, "too many")]
    public void Says_why_a_schedule_cannot_run(PipelineSchedule schedule, int ranks, int microBatches, string word)
    {
        PlanningException exception = Assert.Throws<PlanningException>(() => PipelineSimulation.Run(schedule, ranks, microBatches, ChunkCosts.Units));
        Assert.Contains(word, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Durations_must_make_sense()
    {
        foreach (ChunkCosts costs in (ChunkCosts[])[new(0, 2, 1, 3), new(1, 2, 2, 3), new(1, double.NaN, 1, 3), new(1, double.PositiveInfinity, 1, 3)])
            Assert.Throws<PlanningException>(() => PipelineSimulation.Run(PipelineSchedule.OneForwardOneBackward, 2, 4, costs));
    }
}
