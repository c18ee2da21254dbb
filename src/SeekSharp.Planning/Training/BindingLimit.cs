using System.Globalization;

namespace SeekSharp.Planning.Training;

/// <summary>Names the limit that binds a training run.</summary>
internal static class BindingLimit
{
    public static string Describe(TrainingPlan plan)
    {
        if (plan.DoesNotFit is { } sentence) return $"Memory binds: {sentence}";
        StepTime step = plan.Step;
        (double Seconds, string Text)[] parts =
        [
            (step.Float8Matrices + step.BFloat16Matrices + step.CommunicationProcessors, "Arithmetic binds: matrix products take"),
            (step.Attention, "Arithmetic binds: attention itself takes"),
            (step.Elementwise, "The memory's bandwidth binds: operations on single elements take"),
            (step.ExposedCommunication, $"{Link(plan)} binds: traffic that nothing hides takes"),
            (step.Bubble + step.StageImbalance, "The pipeline binds: bubbles and uneven stages take"),
            (step.Gradients + step.Optimizer, "Data parallelism binds: the exchange of gradients and the optimizer take"),
            (step.Islands, "The link between islands binds: synchronisation takes"),
        ];
        var (seconds, text) = parts.MaxBy(part => part.Seconds);
        return $"{text} {Percent(seconds / step.Total)} of a step{Traffic(plan)}.";
    }

    private static string Link(TrainingPlan plan)
    {
        StepTime step = plan.Step;
        return step.TrafficBetween > 0 && step.TrafficBetween >= step.TrafficWithin ? "The link between nodes" : "The link within nodes";
    }

    private static string Traffic(TrainingPlan plan)
    {
        StepTime step = plan.Step;
        double traffic = Math.Max(step.TrafficBetween, step.TrafficWithin);
        if (traffic == 0) return "";
        string level = step.TrafficBetween >= step.TrafficWithin ? "between" : "within";
        string exposed = step.ExposedCommunication < 0.01 * step.Total ? "all but hidden" : $"with {Percent(step.ExposedCommunication / step.Total)} of a step exposed";
        return $"; the traffic of experts {level} nodes lasts {Percent(traffic / step.Total)} of it, {exposed}";
    }

    private static string Percent(double share) => share.ToString("0.#%", CultureInfo.InvariantCulture);
}
