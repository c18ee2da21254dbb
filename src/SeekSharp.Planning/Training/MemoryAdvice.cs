using System.Globalization;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>Says how much memory is missing, and the smallest change of the layout that would do.</summary>
internal static class MemoryAdvice
{
    public static string Describe(TrainingPlan plan)
    {
        TrainingScenario scenario = plan.Scenario;
        DeviceMemory memory = plan.Memory;
        (double Bytes, string Name)[] parts =
            [(memory.Weights, "weights"), (memory.Gradients, "gradients"), (memory.Optimizer, "optimizer states"), (memory.Activations, "activations")];
        var (bytes, name) = parts.MaxBy(part => part.Bytes);
        string missing = $"{scenario.Layout} needs {Gigabytes(memory.Total)} a chip, {Gigabytes(memory.Total - plan.UsableMemory)} more than a {scenario.Chip.Name} can use, "
            + $"{Gigabytes(bytes)} of it for {name}";
        return Helping(scenario) is { } change ? $"{missing}; {change} would fit." : $"{missing}; more or larger chips would help.";
    }

    private static string? Helping(TrainingScenario scenario)
    {
        TrainingLayout layout = scenario.Layout;
        foreach (TrainingLayout other in Alternatives(layout))
        {
            TrainingScenario changed = scenario with { Layout = other };
            if (ScenarioCheck.Problem(changed) is null && DeviceMemory.Of(changed).Total <= DeviceMemory.UsableShare * scenario.Chip.MemoryBytes.Value) return other.ToString();
        }

        return null;
    }

    /// <summary>From the cheapest change to the dearest.</summary>
    private static IEnumerable<TrainingLayout> Alternatives(TrainingLayout layout)
    {
        RecomputePolicy[] policies = [.. Enum.GetValues<RecomputePolicy>().Where(policy => policy >= layout.Recompute)];
        for (int more = 1; more <= 64; more *= 2)
            foreach (int zero in (int[])[layout.ZeroStage, 1, 2, 3])
                foreach (RecomputePolicy policy in policies)
                {
                    if (zero < layout.ZeroStage) continue;
                    TrainingLayout basis = layout with { ZeroStage = zero, Recompute = policy };
                    if (more == 1)
                    {
                        yield return basis with { MicroBatchSequences = 1 };
                        if (layout.Schedule.IsBidirectional()) yield return basis with { Schedule = PipelineSchedule.ZeroBubble };
                        continue;
                    }

                    yield return basis with { Expert = layout.Expert * more };
                    yield return basis with { Pipeline = layout.Pipeline * more };
                    yield return basis with { Tensor = layout.Tensor * more };
                    yield return basis with { Context = layout.Context * more };
                }
    }

    private static string Gigabytes(double bytes) => (bytes / 1e9).ToString("#,0.#", CultureInfo.InvariantCulture) + " GB";
}
