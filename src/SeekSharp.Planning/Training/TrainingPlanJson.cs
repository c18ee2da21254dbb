using System.Text.Json;

namespace SeekSharp.Planning.Training;

/// <summary>Plans of training as JSON.</summary>
public static class TrainingPlanJson
{
    /// <summary>Writes the properties of a plan into the object that is open. Units are in the names; shares are of 1.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="plan">The plan.</param>
    public static void Write(Utf8JsonWriter writer, TrainingPlan plan)
    {
        TrainingScenario scenario = plan.Scenario;
        writer.WriteString("model", scenario.Model.Name);
        writer.WriteNumber("parameters", scenario.Model.Parameters.Total);
        writer.WriteNumber("parametersActive", scenario.Model.Parameters.Active);
        writer.WriteString("chip", scenario.Chip.Name);
        writer.WriteNumber("devices", scenario.Devices);
        writer.WriteNumber("tokens", scenario.Tokens);
        writer.WriteNumber("sequenceLength", scenario.SequenceLength);
        writer.WriteNumber("batchSequences", scenario.BatchSequences);
        WriteLayout(writer, scenario.Layout);
        WriteTechniques(writer, scenario.Techniques);
        WriteNumber(writer, "linkWithinNodeBytesPerSecond", scenario.LinkWithinNode ?? scenario.Chip.LinkWithinNode?.PerDirection);
        WriteNumber(writer, "linkBetweenNodesBytesPerSecond", scenario.LinkBetweenNodes ?? scenario.Chip.LinkBetweenNodes?.Value);
        writer.WriteNumber("islands", scenario.Islands.Count);
        writer.WriteNumber("days", plan.Days);
        writer.WriteNumber("daysPerTrillionTokens", plan.DaysPerTrillionTokens);
        writer.WriteNumber("deviceHours", plan.DeviceHours);
        writer.WriteNumber("deviceHoursPerTrillionTokens", plan.DeviceHoursPerTrillionTokens);
        WriteNumber(writer, "dollarsPerHour", plan.PricePerHour);
        WriteNumber(writer, "dollars", plan.Cost);
        WriteNumber(writer, "kilowattHours", plan.KilowattHours);
        writer.WriteNumber("operations", plan.ModelOperations);
        writer.WriteNumber("utilization", plan.Utilization);
        writer.WriteNumber("tokensPerSecond", plan.TokensPerSecond);
        writer.WriteNumber("steps", plan.Steps);
        WriteStep(writer, plan.Step);
        WriteMemory(writer, plan);
        WriteTraffic(writer, plan.ExpertTraffic);
        writer.WriteString("binding", plan.Binding);
        writer.WriteString("calibration", scenario.Calibration.Name);
        WriteAssumptions(writer, scenario.Calibration.Assumptions);
    }

    private static void WriteLayout(Utf8JsonWriter writer, TrainingLayout layout)
    {
        writer.WriteStartObject("layout");
        writer.WriteString("text", layout.ToString());
        writer.WriteNumber("pipeline", layout.Pipeline);
        writer.WriteNumber("tensor", layout.Tensor);
        writer.WriteNumber("context", layout.Context);
        writer.WriteNumber("expert", layout.Expert);
        writer.WriteNumber("zero", layout.ZeroStage);
        writer.WriteString("schedule", Pipeline.PipelineSchedules.ShortName(layout.Schedule));
        writer.WriteString("recompute", layout.Recompute.ToString().ToLowerInvariant());
        writer.WriteNumber("microBatchSequences", layout.MicroBatchSequences);
        writer.WriteEndObject();
    }

    private static void WriteTechniques(Utf8JsonWriter writer, TrainingTechniques techniques)
    {
        writer.WriteStartObject("techniques");
        writer.WriteBoolean("fp8", techniques.Float8Matrices);
        writer.WriteBoolean("fp8Dispatch", techniques.Float8Dispatch);
        writer.WriteBoolean("nodeLimitedRouting", techniques.NodeLimitedRouting);
        writer.WriteBoolean("overlap", techniques.Overlap);
        writer.WriteBoolean("multiTokenPrediction", techniques.MultiTokenPrediction);
        writer.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter writer, in StepTime step)
    {
        writer.WriteStartObject("stepSeconds");
        writer.WriteNumber("total", step.Total);
        foreach (var (name, seconds) in step.Parts) writer.WriteNumber(name, seconds);
        writer.WriteEndObject();
        writer.WriteNumber("microBatches", step.MicroBatches);
        writer.WriteStartObject("trafficSeconds");
        writer.WriteNumber("between", step.TrafficBetween);
        writer.WriteNumber("within", step.TrafficWithin);
        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, TrainingPlan plan)
    {
        writer.WriteStartObject("memoryBytes");
        writer.WriteNumber("weights", plan.Memory.Weights);
        writer.WriteNumber("gradients", plan.Memory.Gradients);
        writer.WriteNumber("optimizer", plan.Memory.Optimizer);
        writer.WriteNumber("activations", plan.Memory.Activations);
        writer.WriteNumber("total", plan.Memory.Total);
        writer.WriteNumber("usable", plan.UsableMemory);
        writer.WriteEndObject();
        writer.WriteBoolean("fits", plan.Fits);
    }

    private static void WriteTraffic(Utf8JsonWriter writer, in ExpertTraffic traffic)
    {
        writer.WriteStartObject("expertBytesPerToken");
        writer.WriteNumber("dispatchBetweenNodes", traffic.DispatchBetween);
        writer.WriteNumber("combineBetweenNodes", traffic.CombineBetween);
        writer.WriteNumber("dispatchWithinNode", traffic.DispatchWithin);
        writer.WriteNumber("combineWithinNode", traffic.CombineWithin);
        writer.WriteEndObject();
    }

    private static void WriteAssumptions(Utf8JsonWriter writer, IReadOnlyList<Assumption> assumptions)
    {
        writer.WriteStartArray("assumptions");
        foreach (Assumption assumption in assumptions)
        {
            writer.WriteStartObject();
            writer.WriteString("name", assumption.Name);
            writer.WriteNumber("value", assumption.Value);
            writer.WriteBoolean("fitted", assumption.IsFitted);
            writer.WriteString("meaning", assumption.Meaning);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number) writer.WriteNumber(name, number);
        else writer.WriteNull(name);
    }
}
