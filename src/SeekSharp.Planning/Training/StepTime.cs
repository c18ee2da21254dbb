using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>Seconds of one step on the slowest device, by what they are spent on. The parts add up to <see cref="Total"/>.</summary>
public readonly record struct StepTime
{
    /// <summary>Products with weights in FP8.</summary>
    public double Float8Matrices { get; init; }

    /// <summary>Products with weights in BF16.</summary>
    public double BFloat16Matrices { get; init; }

    /// <summary>Attention's scores and values, in BF16.</summary>
    public double Attention { get; init; }

    /// <summary>Operations on single elements, bound by memory.</summary>
    public double Elementwise { get; init; }

    /// <summary>What layers cost that cannot be cut evenly into stages.</summary>
    public double StageImbalance { get; init; }

    /// <summary>Arithmetic that is missing while processors move tokens.</summary>
    public double CommunicationProcessors { get; init; }

    /// <summary>Traffic of experts, contexts, tensors and stages that nothing hides.</summary>
    public double ExposedCommunication { get; init; }

    /// <summary>Idle time of the pipeline.</summary>
    public double Bubble { get; init; }

    /// <summary>Exchange of gradients and weights between replicas, as far as nothing hides it.</summary>
    public double Gradients { get; init; }

    /// <summary>The optimizer's pass over its states.</summary>
    public double Optimizer { get; init; }

    /// <summary>Exchange between islands, as far as nothing hides it.</summary>
    public double Islands { get; init; }

    /// <summary>Traffic between nodes, hidden or not. No part of the sum.</summary>
    public double TrafficBetween { get; init; }

    /// <summary>Traffic of experts within nodes, hidden or not. No part of the sum.</summary>
    public double TrafficWithin { get; init; }

    /// <summary>Micro-batches of a step on one replica.</summary>
    public int MicroBatches { get; init; }

    /// <summary>Durations of one stage.</summary>
    public ChunkCosts Chunk { get; init; }

    /// <summary>The step.</summary>
    public double Total => Float8Matrices + BFloat16Matrices + Attention + Elementwise + StageImbalance + CommunicationProcessors + ExposedCommunication + Bubble
        + Gradients + Optimizer + Islands;

    /// <summary>The parts of <see cref="Total"/> by name, as JSON has them.</summary>
    public IEnumerable<(string Name, double Seconds)> Parts =>
    [
        ("fp8Matrices", Float8Matrices), ("bf16Matrices", BFloat16Matrices), ("attention", Attention), ("elementwise", Elementwise), ("stageImbalance", StageImbalance),
        ("communicationProcessors", CommunicationProcessors), ("exposedCommunication", ExposedCommunication), ("bubble", Bubble), ("gradients", Gradients),
        ("optimizer", Optimizer), ("islands", Islands),
    ];

    /// <summary>Whether matrix products are in FP8: the technique is on and the chip has it.</summary>
    internal static bool UsesFloat8(TrainingScenario scenario) => scenario.Techniques.Float8Matrices && scenario.Chip.Supports(NumberFormat.Float8);

    /// <summary>Reckons a step.</summary>
    /// <param name="scenario">The scenario; its layout must fit its number of devices.</param>
    public static StepTime Of(TrainingScenario scenario)
    {
        TrainingLayout layout = scenario.Layout;
        Rates rates = Rates.Of(scenario);
        StageParameters stored = StageParameters.OfEnd(scenario);
        ChunkWork chunk = ChunkWork.Of(scenario, rates, stored);
        ChunkCosts costs = chunk.Costs(layout, scenario.Techniques, scenario.Calibration.CommunicationProcessors);

        int replicas = scenario.Devices / (scenario.Islands.Count * layout.Pipeline * layout.Tensor * layout.Context);
        int microBatches = scenario.BatchSequences / (scenario.Islands.Count * replicas * layout.MicroBatchSequences);
        double pipeline = layout.Schedule.Duration(layout.Pipeline, microBatches, costs);
        double bubble = layout.Schedule.Bubble(layout.Pipeline, costs);
        double chunks = (double)microBatches * (layout.Schedule == PipelineSchedule.DualPipeV && layout.Pipeline > 1 ? 2 : 1);

        double arithmetic = chunks * chunk.Arithmetic;
        double slowed = ChunkWork.IsHidden(layout, scenario.Techniques) ? chunks * chunk.Slowdown(scenario.Calibration.CommunicationProcessors) : 0;
        double imbalance = arithmetic * (chunk.Imbalance - 1);
        double exposed = Math.Max(0, pipeline - bubble - arithmetic - imbalance - slowed);
        double gradients = GradientSeconds(scenario, rates, stored, microBatches);
        double step = pipeline + OptimizerSeconds(scenario, rates, stored);
        if (scenario.Techniques.Overlap) gradients = Math.Max(0, gradients - costs.Forward - costs.Backward);
        step += gradients;
        return new StepTime
        {
            Float8Matrices = rates.InFloat8 ? chunks * chunk.Matrices : 0,
            BFloat16Matrices = chunks * (chunk.HighPrecision + (rates.InFloat8 ? 0 : chunk.Matrices)),
            Attention = chunks * chunk.Attention,
            Elementwise = chunks * chunk.Elementwise,
            StageImbalance = imbalance,
            CommunicationProcessors = slowed,
            ExposedCommunication = exposed,
            Bubble = pipeline - arithmetic - imbalance - slowed - exposed,
            Gradients = gradients,
            Optimizer = step - pipeline - gradients,
            Islands = IslandSeconds(scenario, step),
            TrafficBetween = chunks * chunk.TrafficBetween,
            TrafficWithin = chunks * chunk.TrafficWithin,
            MicroBatches = microBatches,
            Chunk = costs,
        };
    }

    /// <summary>Gradients are summed and scattered, weights gathered: once a step, gradients once a micro-batch where they are shared out (ZeRO-2).</summary>
    private static double GradientSeconds(TrainingScenario scenario, in Rates rates, in StageParameters stored, int microBatches)
    {
        TrainingLayout layout = scenario.Layout;
        double shared = stored.Shared * Others(stored.SharedReplicas * stored.Copies), routed = stored.Routed * Others(stored.RoutedReplicas * stored.Copies);
        double gradients = scenario.Formats.Gradients * (layout.ZeroStage >= 2 ? microBatches : 1);
        double weights = layout.ZeroStage >= 3 ? 0 : scenario.Formats.Weights; // ZeRO-3 gathers in every micro-batch
        return (shared + routed) * (gradients + weights) / rates.Between;
    }

    private static double OptimizerSeconds(TrainingScenario scenario, in Rates rates, in StageParameters stored)
    {
        bool isCut = scenario.Layout.ZeroStage >= 1;
        double states = ((stored.Shared / (isCut ? stored.SharedReplicas : 1)) + (stored.Routed / (isCut ? stored.RoutedReplicas : 1))) / stored.Copies;
        return states * ((2 * scenario.Formats.Optimizer) + scenario.Formats.Gradients + scenario.Formats.Weights) / rates.Memory;
    }

    private static double IslandSeconds(TrainingScenario scenario, double step)
    {
        TrainingIslands islands = scenario.Islands;
        if (islands.Count <= 1) return 0;
        long parameters = scenario.Techniques.MultiTokenPrediction ? scenario.Model.TotalWithPrediction : scenario.Model.Parameters.Total;
        double exchange = 2 * Others(islands.Count) * parameters * islands.BytesPerParameter / islands.LinkBytesPerSecond;
        double between = islands.StepsBetween * step;
        return (islands.Overlapped ? Math.Max(0, exchange - between) : exchange) / islands.StepsBetween;
    }

    private static double Others(double replicas) => replicas <= 1 ? 0 : (replicas - 1) / replicas;
}
