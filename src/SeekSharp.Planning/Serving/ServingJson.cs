using System.Text.Json;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Serving;

/// <summary>Serving plans and placements of experts for programs.</summary>
internal static class ServingJson
{
    public static void Write(Utf8JsonWriter writer, ServingPlan plan)
    {
        ServingScenario scenario = plan.Scenario;
        writer.WriteString("model", scenario.Model.Name);
        writer.WriteString("chip", scenario.Chip.Name);
        writer.WriteNumber("chipsPerNode", plan.DevicesPerNode);
        writer.WriteStartObject("prefill");
        writer.WriteNumber("expertParallel", scenario.Prefill.ExpertParallel);
        writer.WriteNumber("redundantExperts", scenario.Prefill.RedundantExperts);
        writer.WriteNumber("expertsPerChip", ServingWeights.ExpertsPerDevice(scenario.Model, scenario.Prefill));
        writer.WriteNumber("matrixSecondsPerToken", plan.Prefill.Matrices);
        writer.WriteNumber("attentionSecondsPerToken", plan.Prefill.Attention);
        writer.WriteNumber("elementwiseSecondsPerToken", plan.Prefill.Elementwise);
        writer.WriteNumber("trafficWithinSecondsPerToken", plan.Prefill.TrafficWithin);
        writer.WriteNumber("trafficBetweenSecondsPerToken", plan.Prefill.TrafficBetween);
        writer.WriteNumber("computedTokensPerSecondPerChip", plan.Prefill.TokensPerSecond);
        writer.WriteNumber("tokensPerSecondPerNode", plan.PrefillNodeTokensPerSecond);
        writer.WriteNumber("nodes", plan.PrefillNodes);
        Money(writer, "costPerMillionTokens", plan.CostPerMillionInput);
        writer.WriteEndObject();
        writer.WriteStartObject("decode");
        writer.WriteNumber("expertParallel", scenario.Decode.ExpertParallel);
        writer.WriteNumber("redundantExperts", scenario.Decode.RedundantExperts);
        writer.WriteNumber("expertsPerChip", ServingWeights.ExpertsPerDevice(scenario.Model, scenario.Decode));
        writer.WriteNumber("batch", plan.Decode.Batch);
        writer.WriteString("batchLimit", plan.Decode.Limit.ToString().ToLowerInvariant());
        writer.WriteNumber("batchThatFits", plan.Decode.MemoryBatch);
        writer.WriteNumber("stepSeconds", plan.Decode.StepSeconds);
        writer.WriteNumber("computeSeconds", plan.Decode.ComputeSeconds);
        writer.WriteNumber("trafficSeconds", plan.Decode.TrafficSeconds);
        writer.WriteNumber("tokensPerSecondPerUser", plan.Decode.UserTokensPerSecond);
        writer.WriteNumber("tokensPerSecondPerNode", plan.DecodeNodeTokensPerSecond);
        writer.WriteNumber("nodes", plan.DecodeNodes);
        Money(writer, "costPerMillionTokens", plan.CostPerMillionOutput);
        writer.WriteEndObject();
        writer.WriteNumber("cacheHitShare", scenario.Load.CacheHitShare);
        writer.WriteNumber("nodesNeeded", plan.NodesNeeded);
        writer.WriteNumber("nodesPaid", plan.NodesPaid);
        Money(writer, "pricePerHour", plan.PricePerHour);
        Money(writer, "costPerDay", plan.CostPerDay);
        writer.WriteNumber("revenuePerDay", plan.RevenuePerDay);
        Money(writer, "margin", plan.Margin);
        writer.WriteStartArray("assumptions");
        foreach (Assumption assumption in scenario.Calibration.Assumptions)
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

    /// <summary>The names of the original's results: phy2log, log2phy, logcnt.</summary>
    public static void Write(Utf8JsonWriter writer, ExpertPlacement placement, IReadOnlyList<IReadOnlyList<float>> loads, int gpus)
    {
        writer.WriteStartArray("phy2log");
        foreach (int[] layer in placement.PhysicalToLogical) Row(writer, layer);
        writer.WriteEndArray();
        writer.WriteStartArray("log2phy");
        foreach (int[][] layer in placement.LogicalToPhysical)
        {
            writer.WriteStartArray();
            foreach (int[] expert in layer) Row(writer, expert);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("logcnt");
        foreach (int[] layer in placement.ReplicaCounts) Row(writer, layer);
        writer.WriteEndArray();
        writer.WriteStartArray("gpuLoads");
        for (int layer = 0; layer < loads.Count; layer++)
        {
            writer.WriteStartArray();
            foreach (double load in placement.GpuLoads(layer, loads[layer], gpus)) writer.WriteNumberValue(load);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("imbalance");
        for (int layer = 0; layer < loads.Count; layer++) writer.WriteNumberValue(placement.Imbalance(layer, loads[layer], gpus));
        writer.WriteEndArray();
    }

    private static void Row(Utf8JsonWriter writer, int[] values)
    {
        writer.WriteStartArray();
        foreach (int value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    private static void Money(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } known) writer.WriteNumber(name, known);
        else writer.WriteNull(name);
    }
}
