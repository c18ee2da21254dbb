using SeekSharp.Planning.Models;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>The best layout for a run.</summary>
/// <param name="Best">The fastest plan that fits in memory; null: none fits.</param>
/// <param name="Tried">Layouts that were reckoned.</param>
/// <param name="Fitting">Layouts of those that fit in memory.</param>
/// <param name="Nearest">Where none fits, the plan that misses least.</param>
public sealed record LayoutSearchResult(TrainingPlan? Best, int Tried, int Fitting, TrainingPlan? Nearest)
{
    /// <summary>The best plan.</summary>
    /// <exception cref="PlanningException">No layout fits; the message says how much is missing and what would help.</exception>
    public TrainingPlan RequireBest() => Best ?? throw new PlanningException(Nearest is null
        ? "No layout can be made of so many chips, layers, experts and sequences; take numbers with more common divisors."
        : $"No layout fits; the nearest is {Nearest.DoesNotFit}");
}

/// <summary>Searches all layouts whose degrees are powers of two (or what the numbers of chips and experts allow) for the fastest that fits in memory.</summary>
public static class LayoutSearch
{
    private const int MostPipeline = 64, MostContext = 64, MostMicroBatch = 8;

    /// <summary>Sequences are not cut shorter than this: with few rows, matrix products do not reach the shares that plans reckon with.</summary>
    private const int LeastTokens = 4096;

    private static readonly PipelineSchedule[] Schedules = Enum.GetValues<PipelineSchedule>();
    private static readonly RecomputePolicy[] Policies = Enum.GetValues<RecomputePolicy>();

    /// <summary>Searches.</summary>
    /// <param name="scenario">The run; its own layout does not matter.</param>
    /// <exception cref="PlanningException">The run makes no sense in any layout.</exception>
    public static LayoutSearchResult Run(TrainingScenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (ScenarioCheck.General(scenario) is { } problem) throw new PlanningException(problem);
        int tried = 0, fitting = 0;
        TrainingScenario? best = null, nearest = null;
        double bestSeconds = double.PositiveInfinity, least = double.PositiveInfinity;
        double usable = DeviceMemory.UsableShare * scenario.Chip.MemoryBytes.Value;
        foreach (TrainingLayout layout in Candidates(scenario))
        {
            TrainingScenario candidate = scenario with { Layout = layout };
            if (!ScenarioCheck.IsPossible(candidate)) continue;
            tried++;
            double bytes = DeviceMemory.Of(candidate).Total;
            if (bytes > usable)
            {
                if (bytes < least) (least, nearest) = (bytes, candidate);
                continue;
            }

            fitting++;
            double seconds = StepTime.Of(candidate).Total;
            if (seconds < bestSeconds) (bestSeconds, best) = (seconds, candidate);
        }

        return new LayoutSearchResult(
            best is null ? null : TrainingPlan.Evaluate(best), tried, fitting, best is null && nearest is not null ? TrainingPlan.Evaluate(nearest) : null);
    }

    /// <summary>From simple to complicated, so that of equals the simple one is taken.</summary>
    private static IEnumerable<TrainingLayout> Candidates(TrainingScenario scenario)
    {
        ModelShape model = scenario.Model;
        int perIsland = scenario.Devices / scenario.Islands.Count, perNode = Rates.PerNode(scenario);
        int[] pipelines = Degrees(Math.Min(perIsland, MostPipeline)), tensors = Degrees(Math.Min(perIsland, perNode));
        int[] contexts = Degrees(Math.Min(Math.Min(perIsland, MostContext), Math.Max(1, scenario.SequenceLength / LeastTokens)));
        int[] experts = model.Config.MixtureOfExperts is { } mixture && model.MixtureLayers > 0 ? Divisors(mixture.ExpertCount, perIsland) : [1];
        foreach (int pipeline in pipelines)
            foreach (int tensor in tensors)
                foreach (int context in contexts)
                {
                    if ((long)pipeline * tensor * context > perIsland || perIsland % (pipeline * tensor * context) != 0) continue;
                    foreach (int expert in experts)
                        foreach (PipelineSchedule schedule in pipeline == 1 ? Schedules.AsSpan(0, 1).ToArray() : Schedules)
                            for (int zero = 1; zero <= 3; zero++)
                                foreach (RecomputePolicy policy in Policies)
                                    for (int batch = 1; batch <= MostMicroBatch; batch *= 2)
                                        yield return new TrainingLayout
                                        {
                                            Pipeline = pipeline, Tensor = tensor, Context = context, Expert = expert, Schedule = schedule, ZeroStage = zero, Recompute = policy,
                                            MicroBatchSequences = batch,
                                        };
                }
    }

    private static int[] Degrees(int most)
    {
        List<int> degrees = [];
        for (int degree = 1; degree <= most; degree *= 2) degrees.Add(degree);
        return [.. degrees];
    }

    private static int[] Divisors(int count, int most) => [.. Enumerable.Range(1, Math.Min(count, most)).Where(degree => count % degree == 0)];
}
