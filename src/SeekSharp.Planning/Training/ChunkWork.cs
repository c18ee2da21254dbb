using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>Seconds of one stage on one micro-batch, forward and backward together unless said otherwise, of a stage of mean length.</summary>
internal readonly record struct ChunkWork
{
    public double Matrices { get; private init; }

    public double HighPrecision { get; private init; }

    public double Attention { get; private init; }

    public double Elementwise { get; private init; }

    /// <summary>Arithmetic and operations on elements of the forward pass.</summary>
    public double Forward { get; private init; }

    /// <summary>Arithmetic for gradients of weights.</summary>
    public double BackwardWeight { get; private init; }

    /// <summary>Shared experts, forward.</summary>
    public double SharedExperts { get; private init; }

    /// <summary>Traffic of experts, in one direction.</summary>
    public double Experts { get; private init; }

    /// <summary>Other traffic that can run beside computation, forward.</summary>
    public double OthersForward { get; private init; }

    /// <summary>Other traffic that can run beside computation, backward.</summary>
    public double OthersBackward { get; private init; }

    /// <summary>Traffic of cut matrices, forward, which computation waits for; backward has as much.</summary>
    public double Tensor { get; private init; }

    public double TrafficBetween { get; private init; }

    public double TrafficWithin { get; private init; }

    /// <summary>The longest stage over the mean one.</summary>
    public double Imbalance { get; private init; }

    /// <summary>All but traffic.</summary>
    public double Arithmetic => Matrices + HighPrecision + Attention + Elementwise;

    /// <summary>All but traffic that can be hidden.</summary>
    public double Even => Arithmetic + (2 * Tensor);

    public static ChunkWork Of(TrainingScenario scenario, in Rates rates, in StageParameters stored)
    {
        TrainingLayout layout = scenario.Layout;
        TrainingTechniques techniques = scenario.Techniques;
        ModelShape model = scenario.Model;
        TokenWork work = TokenWork.Of(model, scenario.SequenceLength, techniques.MultiTokenPrediction);
        int layers = StageParameters.Layers(scenario), stages = layout.Schedule.Stages(layout.Pipeline);
        int mixtures = model.MixtureLayers == 0 ? 0 : layers - model.DenseLayers;
        double sequenceTokens = (double)layout.MicroBatchSequences * scenario.SequenceLength;
        double tokens = sequenceTokens / (layout.Tensor * layout.Context) / stages; // of the whole model's work, what falls to this device

        double matrices = tokens * (work.Matrices + ((scenario.Calibration.ExpertImbalance - 1) * work.RoutedExperts)) / rates.Matrices;
        double high = tokens * work.HighPrecision / rates.HighPrecision, attention = tokens * work.Attention / rates.Attention;
        double elements = tokens * layers * ActivationMemory.TrafficPerToken(model) / rates.Memory;
        double again = layout.Recompute == RecomputePolicy.Full ? 1 : 0;
        double matricesAgain = layout.Recompute == RecomputePolicy.Selective ? tokens * work.UpProjections / rates.Matrices : again * matrices;

        ExpertTraffic traffic = ExpertTraffic.Of(model, layout.Expert, rates.DevicesPerNode, techniques.NodeLimitedRouting, techniques.Float8Dispatch);
        double between = tokens * mixtures * traffic.Between / rates.Between, within = tokens * mixtures * traffic.Within / rates.Within;
        if (layout.Expert <= 1) (between, within) = (0, 0);
        else if (traffic.Between == 0) between = 0;

        bool hasNear = layout.Tensor * layout.Context <= rates.DevicesPerNode;
        double contextual = layout.Context == 1 ? 0
            : sequenceTokens / stages * layers * (layout.Context - 1.0) / layout.Context * 2 * model.CacheValuesPerLayer / (hasNear ? rates.Within : rates.Between);
        double handOver = layout.Pipeline == 1 ? 0 : tokens * stages * 2 * model.Config.HiddenSize / rates.Between;
        double gather = layout.ZeroStage < 3 ? 0 : (stored.Shared + stored.Routed) / (layout.Pipeline > 1 ? layout.Schedule.StagesPerRank() : 1) * scenario.Formats.Weights / rates.Between;
        double tensor = layout.Tensor == 1 ? 0
            : 4 * (layout.Tensor - 1.0) / layout.Tensor * 2 * model.Config.HiddenSize * layers * sequenceTokens / layout.Context / stages
                / (layout.Tensor <= rates.DevicesPerNode ? rates.Within : rates.Between);

        return new ChunkWork
        {
            Matrices = (3 * matrices) + matricesAgain,
            HighPrecision = 3 * high,
            Attention = (1 + TokenWork.AttentionBackwardShare + again) * attention,
            Elementwise = (3 + again) * elements,
            Forward = matrices + high + attention + elements,
            BackwardWeight = matrices + high,
            SharedExperts = tokens * work.SharedExperts / rates.Matrices,
            Experts = Math.Max(between, within),
            OthersForward = contextual + handOver + gather,
            OthersBackward = (2 * contextual) + handOver + gather,
            Tensor = tensor,
            TrafficBetween = 2 * between,
            TrafficWithin = 2 * within,
            Imbalance = layout.Pipeline == 1 ? 1 : (double)StageParameters.LongestStage(scenario) * stages / layers,
        };
    }

    /// <summary>Whether traffic runs beside the micro-batch that goes the other way.</summary>
    public static bool IsHidden(TrainingLayout layout, TrainingTechniques techniques) => techniques.Overlap && layout.Pipeline > 1 && layout.Schedule.IsBidirectional();

    /// <summary>Arithmetic that is lost to processors that move tokens, while they do.</summary>
    public double Slowdown(double processors) => processors * 2 * Experts * Imbalance;

    /// <summary>Durations of the longest stage, with the traffic that nothing hides.</summary>
    public ChunkCosts Costs(TrainingLayout layout, TrainingTechniques techniques, double processors)
    {
        double backward = Arithmetic - Forward, trafficForward = Experts + OthersForward, trafficBackward = Experts + OthersBackward;
        double exposedForward = trafficForward, exposedBackward = trafficBackward;
        if (techniques.Overlap && !IsHidden(layout, techniques))
        {
            exposedForward = Math.Max(0, Experts - SharedExperts) + Math.Max(0, OthersForward - Forward);
            exposedBackward = Math.Max(0, Experts - (2 * SharedExperts)) + Math.Max(0, OthersBackward - backward);
        }

        double overlapped = IsHidden(layout, techniques)
            ? Math.Max(trafficForward + trafficBackward, Even + (Slowdown(processors) / Imbalance))
            : Even + exposedForward + exposedBackward;
        return new ChunkCosts(
            Imbalance * (Forward + Tensor + exposedForward),
            Imbalance * (backward + Tensor + exposedBackward),
            Imbalance * BackwardWeight,
            Imbalance * overlapped);
    }
}
