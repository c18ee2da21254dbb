using SeekSharp.Formats;
using SeekSharp.Planning.Chips;
using SeekSharp.Planning.Pipeline;

namespace SeekSharp.Planning.Training;

/// <summary>Says what is wrong with a scenario, in one sentence.</summary>
internal static class ScenarioCheck
{
    private const int MostDevices = 10_000_000;
    private const double MostTokens = 1e18;

    public static string? Problem(TrainingScenario scenario) => General(scenario) ?? Layout(scenario);

    /// <summary>What is wrong whatever the layout.</summary>
    public static string? General(TrainingScenario scenario) => Numbers(scenario) ?? Links(scenario);

    /// <summary>Whether a layout of degrees of at least 1 can be made: the same as <see cref="Layout"/>, without a sentence.</summary>
    public static bool IsPossible(TrainingScenario scenario)
    {
        TrainingLayout layout = scenario.Layout;
        ModelConfig config = scenario.Model.Config;
        long devices = scenario.Devices / scenario.Islands.Count, group = (long)layout.Pipeline * layout.Tensor * layout.Context;
        if (devices % group != 0 || layout.Schedule.Stages(layout.Pipeline) > StageParameters.Layers(scenario) || config.HeadCount % layout.Tensor != 0) return false;
        if (layout.Expert > 1 && (config.MixtureOfExperts is not { } mixture || mixture.ExpertCount % layout.Expert != 0)) return false;
        if (devices / ((long)layout.Pipeline * layout.Tensor) % layout.Expert != 0) return false;
        long sequences = scenario.Islands.Count * (devices / group) * layout.MicroBatchSequences;
        return scenario.BatchSequences % sequences == 0 && layout.Schedule.CanRun(layout.Pipeline, (int)(scenario.BatchSequences / sequences));
    }

    private static string? Numbers(TrainingScenario scenario)
    {
        Chip chip = scenario.Chip;
        if (scenario.Devices is < 1 or > MostDevices) return $"The number of chips must be from 1 to {MostDevices:N0}, not {scenario.Devices:N0}.";
        if (!(scenario.Tokens is > 0 and <= MostTokens)) return $"The number of tokens must be above 0 and at most {MostTokens:0e+0}, not {scenario.Tokens:G4}.";
        if (scenario.SequenceLength is < 1 or > 1 << 26) return $"The sequence length must be from 1 to {1 << 26:N0} tokens, not {scenario.SequenceLength:N0}.";
        if (scenario.BatchSequences is < 1 or > 1 << 26) return $"The batch must be from 1 to {1 << 26:N0} sequences, not {scenario.BatchSequences:N0}.";
        if (scenario.PricePerHour is { } price && !(price >= 0 && double.IsFinite(price))) return $"The price must not be negative, but is ${price:0.##} an hour.";
        if (!(scenario.PowerOverhead is >= 1 and < 100)) return $"The power overhead must be from 1 to 100, not {scenario.PowerOverhead:G4}.";
        if (scenario.DevicesPerNode is < 1) return $"A node must have at least 1 chip, not {scenario.DevicesPerNode}.";
        TrainingIslands islands = scenario.Islands;
        if (islands.Count < 1 || scenario.Devices % islands.Count != 0) return $"{scenario.Devices:N0} chips cannot be shared out evenly over {islands.Count} islands.";
        if (islands.StepsBetween < 1) return $"Islands must synchronise every 1 or more steps, not {islands.StepsBetween}.";
        if (!(islands.LinkBytesPerSecond > 0 && islands.BytesPerParameter > 0)) return "The link between islands and what is sent per parameter must be above 0.";
        if (!chip.Supports(NumberFormat.BFloat16) && !chip.Supports(NumberFormat.Float16))
            return $"The speed of {chip.Name} in bf16 or fp16 is unknown, and attention and the output head are computed in it; give it with '--chips FILE'.";
        return null;
    }

    private static string? Links(TrainingScenario scenario)
    {
        if (scenario.LinkWithinNode is { } near && !(near > 0)) return $"The link within a node must be above 0, not {near / 1e9:G4} GB/s.";
        if (scenario.LinkBetweenNodes is { } far && !(far > 0)) return $"The link between nodes must be above 0, not {far / 1e9:G4} GB/s.";
        if (scenario.Devices == 1) return null;
        if (scenario.LinkWithinNode is null && scenario.Chip.LinkWithinNode?.PerDirection is null)
            return $"The link of {scenario.Chip.Name} within a node is unknown; give it with '--link-within'.";
        if (scenario.Devices > Rates.PerNode(scenario) && scenario.LinkBetweenNodes is null && scenario.Chip.LinkBetweenNodes is null)
            return $"The link of {scenario.Chip.Name} between nodes is unknown; give it with '--link-between'.";
        return null;
    }

    private static string? Layout(TrainingScenario scenario)
    {
        TrainingLayout layout = scenario.Layout;
        if (layout.Pipeline < 1 || layout.Tensor < 1 || layout.Context < 1 || layout.Expert < 1 || layout.MicroBatchSequences < 1)
            return $"Every degree of a layout is at least 1, in '{layout}' one is not.";
        if (layout.ZeroStage is < 0 or > 3) return $"ZeRO has stages 0 to 3, not {layout.ZeroStage}.";
        long devices = scenario.Devices / scenario.Islands.Count, group = (long)layout.Pipeline * layout.Tensor * layout.Context;
        string of = scenario.Islands.Count > 1 ? " of an island" : "";
        if (devices % group != 0)
            return $"PP{layout.Pipeline} x TP{layout.Tensor} x CP{layout.Context} needs a multiple of {group:N0} chips, and {devices:N0}{of} are none.";
        if (layout.Schedule.Stages(layout.Pipeline) > StageParameters.Layers(scenario))
            return $"{scenario.Model.Name} has {StageParameters.Layers(scenario)} layers, too few for {layout.Schedule.Stages(layout.Pipeline)} stages.";
        if (scenario.Model.Config.HeadCount % layout.Tensor != 0) return $"{scenario.Model.Config.HeadCount} heads cannot be cut over {layout.Tensor} chips.";
        return Experts(scenario, devices / ((long)layout.Pipeline * layout.Tensor)) ?? Batch(scenario, devices / group);
    }

    private static string? Experts(TrainingScenario scenario, long data)
    {
        int expert = scenario.Layout.Expert;
        if (expert == 1) return null;
        if (scenario.Model.Config.MixtureOfExperts is not { } mixture) return $"{scenario.Model.Name} has no experts to spread over {expert} chips.";
        if (mixture.ExpertCount % expert != 0) return $"{mixture.ExpertCount} experts cannot be spread evenly over {expert} chips.";
        return data % expert != 0 ? $"Experts are spread over chips of data parallelism, and {data} of those are no multiple of {expert}." : null;
    }

    private static string? Batch(TrainingScenario scenario, long replicas)
    {
        long sequences = scenario.Islands.Count * replicas * scenario.Layout.MicroBatchSequences;
        if (scenario.BatchSequences % sequences != 0)
            return $"A batch of {scenario.BatchSequences:N0} sequences cannot be cut into micro-batches of {scenario.Layout.MicroBatchSequences} on {scenario.Islands.Count * replicas:N0} replicas.";
        return scenario.Layout.Schedule.Problem(scenario.Layout.Pipeline, (int)(scenario.BatchSequences / sequences));
    }
}
