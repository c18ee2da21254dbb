using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>Bytes of memory on the fullest device.</summary>
/// <param name="Weights">Weights that are multiplied, with the second copy that DualPipe keeps.</param>
/// <param name="Gradients">Sums of gradients.</param>
/// <param name="Optimizer">Master weights and moments.</param>
/// <param name="Activations">What the backward pass needs, of all micro-batches in flight, and the logits of one.</param>
public readonly record struct DeviceMemory(double Weights, double Gradients, double Optimizer, double Activations)
{
    /// <summary>Kept free for buffers of communication, fragmentation and kernels' scratch space: a twentieth.</summary>
    public const double UsableShare = 0.95;

    /// <summary>All of it.</summary>
    public double Total => Weights + Gradients + Optimizer + Activations;

    /// <summary>Reckons the memory of a scenario.</summary>
    /// <param name="scenario">The scenario; its layout must fit its number of devices.</param>
    public static DeviceMemory Of(TrainingScenario scenario)
    {
        DeviceMemory end = Of(scenario, StageParameters.OfEnd(scenario));
        if (scenario.Layout.Pipeline <= (scenario.Layout.Schedule.IsBidirectional() ? 2 : 1)) return end;
        DeviceMemory middle = Of(scenario, StageParameters.OfMiddle(scenario));
        return middle.Total > end.Total ? middle : end;
    }

    private static DeviceMemory Of(TrainingScenario scenario, in StageParameters stored)
    {
        TrainingLayout layout = scenario.Layout;
        TrainingFormats formats = scenario.Formats;
        double replicas = layout.ZeroStage >= 1 ? stored.SharedReplicas : 1, expertReplicas = layout.ZeroStage >= 1 ? stored.RoutedReplicas : 1;
        double whole = stored.Shared + stored.Routed, cut = (stored.Shared / replicas) + (stored.Routed / expertReplicas);
        return new DeviceMemory(
            formats.Weights * (layout.ZeroStage >= 3 ? cut : whole),
            formats.Gradients * (layout.ZeroStage >= 2 ? cut : whole),
            formats.Optimizer * cut / stored.Copies,
            ActivationBytes(scenario, stored));
    }

    private static double ActivationBytes(TrainingScenario scenario, in StageParameters stored)
    {
        TrainingLayout layout = scenario.Layout;
        ModelShape model = scenario.Model;
        double tokens = (double)layout.MicroBatchSequences * scenario.SequenceLength / (layout.Tensor * layout.Context);
        bool inFloat8 = StepTime.UsesFloat8(scenario);
        double perToken = ActivationMemory.BytesPerToken(model, layout.Recompute, inFloat8);
        double inFlight = (double)layout.Schedule.ActivationsInFlight(layout.Pipeline) * stored.LayersPerStage;
        // The layer that is computed again is there whole, once.
        double again = layout.Recompute == RecomputePolicy.None ? 0 : ActivationMemory.BytesPerToken(model, RecomputePolicy.None, inFloat8);
        double logits = stored.IsEnd ? 4.0 * model.Config.VocabularySize : 0;
        return tokens * ((inFlight * perToken) + again + logits);
    }
}

/// <summary>Parameters on one device, and over how many devices each is replicated.</summary>
/// <param name="Shared">Parameters of all but routed experts, with DualPipe's second stage.</param>
/// <param name="Routed">Parameters of routed experts, with DualPipe's second stage.</param>
/// <param name="SharedReplicas">Devices with the same shared parameters in the same stage.</param>
/// <param name="RoutedReplicas">Devices with the same routed experts in the same stage.</param>
/// <param name="LayersPerStage">Layers of the stage, those of multi-token prediction counted in.</param>
/// <param name="Copies">2 where DualPipe keeps every stage on two ranks.</param>
/// <param name="IsEnd">Whether it has the head.</param>
internal readonly record struct StageParameters(
    double Shared, double Routed, double SharedReplicas, double RoutedReplicas, int LayersPerStage, int Copies, bool IsEnd)
{
    /// <summary>The rank with embedding or head. Where layers leave two places of the longest stages free, both ends have one layer less.</summary>
    public static StageParameters OfEnd(TrainingScenario scenario)
    {
        int stages = scenario.Layout.Schedule.Stages(scenario.Layout.Pipeline), longest = LongestStage(scenario);
        bool hasRoom = (longest * stages) - Layers(scenario) >= 2 && longest > 1;
        return Of(scenario, hasRoom ? longest - 1 : longest, isEnd: true);
    }

    /// <summary>A rank with the longest stages, and neither embedding nor head.</summary>
    public static StageParameters OfMiddle(TrainingScenario scenario) => Of(scenario, LongestStage(scenario), isEnd: false);

    /// <summary>Layers, with those of multi-token prediction that are trained.</summary>
    public static int Layers(TrainingScenario scenario) =>
        scenario.Model.Config.LayerCount + (scenario.Techniques.MultiTokenPrediction ? scenario.Model.Config.PredictionLayerCount : 0);

    /// <summary>Layers of the longest stage.</summary>
    public static int LongestStage(TrainingScenario scenario)
    {
        int stages = scenario.Layout.Schedule.Stages(scenario.Layout.Pipeline);
        return (Layers(scenario) + stages - 1) / stages;
    }

    private static StageParameters Of(TrainingScenario scenario, int layersPerStage, bool isEnd)
    {
        TrainingLayout layout = scenario.Layout;
        ModelShape model = scenario.Model;
        int stagesPerRank = layout.Pipeline > 1 ? layout.Schedule.StagesPerRank() : 1;
        if (layout.Pipeline == 1) layersPerStage = Layers(scenario);
        int perDevice = layersPerStage * stagesPerRank;
        // The first stage has the embedding, the last the head; with two stages a rank they are together.
        double ends = !isEnd ? 0 : model.Parameters.Embedding + (layout.Pipeline == 1 || stagesPerRank == 2 ? model.Parameters.OutputHead : 0);
        double data = (double)scenario.Devices / scenario.Islands.Count / ((double)layout.Pipeline * layout.Tensor);
        return new StageParameters(
            (((double)perDevice * model.SharedPerLayer) + ends) / layout.Tensor,
            (double)perDevice * model.RoutedPerLayer / ((double)layout.Tensor * layout.Expert),
            data,
            data / layout.Expert,
            layersPerStage,
            layout.Schedule == PipelineSchedule.DualPipe && layout.Pipeline > 1 ? 2 : 1,
            isEnd);
    }
}
