using System.Globalization;
using SeekSharp.Planning.Chips;

namespace SeekSharp.Planning.Serving;

/// <summary>Says what is wrong with a scenario, in one sentence.</summary>
internal static class ServingCheck
{
    private const double MostTokens = 1e18;

    public static string? Problem(ServingScenario scenario) => Numbers(scenario) ?? Unit(scenario, scenario.Prefill, "prefill") ?? Unit(scenario, scenario.Decode, "decode") ?? Links(scenario);

    private static string? Numbers(ServingScenario scenario)
    {
        ServingLoad load = scenario.Load;
        if (!(load.InputTokensPerDay is >= 0 and <= MostTokens && load.OutputTokensPerDay is >= 0 and <= MostTokens))
            return "The tokens of a day must be from 0 to 1e18.";
        if (load.InputTokensPerDay + load.OutputTokensPerDay == 0) return "A service without a token needs no plan; give tokens in or out.";
        if (!(load.CacheHitShare is >= 0 and < 1)) return Text($"The share of cache hits must be at least 0 and below 1, not {load.CacheHitShare:0.###}.");
        if (!(load.ContextTokens is >= 1 and <= 1e9)) return Text($"The context must be at least 1 token, not {load.ContextTokens:0.###}.");
        if (!(load.TokensPerSecondPerUser is > 0 and <= 1e9)) return Text($"The tokens a second of a user must be above 0, not {load.TokensPerSecondPerUser:0.###}.");
        if (scenario.Nodes is { } nodes && !(nodes is > 0 and <= 1e9)) return Text($"The number of nodes must be above 0, not {nodes:0.###}.");
        if (scenario.Batch is { } batch && !(batch is > 0 and <= 1e9)) return Text($"The batch must be above 0, not {batch:0.###}.");
        if (scenario.PrefillTokens < 1) return $"A prefill step needs at least 1 token, not {scenario.PrefillTokens}.";
        foreach (double? given in (double?[])[scenario.PrefillNodeTokensPerSecond, scenario.DecodeNodeTokensPerSecond])
            if (given is { } rate && !(rate > 0 && double.IsFinite(rate))) return Text($"The throughput of a node must be above 0, not {rate:0.###}.");
        foreach (double price in (double[])[scenario.PricePerHour ?? 0, scenario.Prices.CachedInput, scenario.Prices.Input, scenario.Prices.Output])
            if (!(price >= 0 && double.IsFinite(price))) return Text($"A price must not be negative, but one is ${price:0.##}.");
        if (scenario.DevicesPerNode is < 1) return $"A node must have at least 1 chip, not {scenario.DevicesPerNode}.";
        if (!scenario.Chip.Supports(NumberFormat.BFloat16) && !scenario.Chip.Supports(NumberFormat.Float16))
            return $"The speed of {scenario.Chip.Name} in bf16 or fp16 is unknown, and attention is computed in it; give it with '--chips FILE'.";
        return null;
    }

    private static string? Unit(ServingScenario scenario, ServingUnit unit, string name)
    {
        if (unit.ExpertParallel is < 1 or > 1_000_000) return $"A {name} unit must have from 1 to 1,000,000 chips, not {unit.ExpertParallel}.";
        if (unit.RedundantExperts < 0) return $"The number of redundant experts must not be negative, but is {unit.RedundantExperts}.";
        if (scenario.Model.Config.MixtureOfExperts is not { } mixture || scenario.Model.MixtureLayers == 0)
        {
            return unit.ExpertParallel == 1 && unit.RedundantExperts == 0
                ? null : $"{scenario.Model.Name} has no experts to spread over {unit.ExpertParallel} chips; serve it with 1 chip a unit and no redundant experts ('--{name}-experts 1/0').";
        }

        int replicas = mixture.ExpertCount + unit.RedundantExperts;
        return replicas % unit.ExpertParallel == 0
            ? null : $"{mixture.ExpertCount} experts and {unit.RedundantExperts} redundant ones cannot be spread evenly over the {unit.ExpertParallel} chips of a {name} unit; choose another number of either ('--{name}-experts CHIPS/REDUNDANT').";
    }

    private static string? Links(ServingScenario scenario)
    {
        if (scenario.LinkWithinNode is { } near && !(near > 0)) return Text($"The link within a node must be above 0, not {near / 1e9:0.###} GB/s.");
        if (scenario.LinkBetweenNodes is { } far && !(far > 0)) return Text($"The link between nodes must be above 0, not {far / 1e9:0.###} GB/s.");
        int largest = Math.Max(scenario.Prefill.ExpertParallel, scenario.Decode.ExpertParallel);
        if (largest > 1 && scenario.LinkWithinNode is null && scenario.Chip.LinkWithinNode?.PerDirection is null)
            return $"The link of {scenario.Chip.Name} within a node is unknown; give it with '--link-within'.";
        if (largest > ServingRates.PerNode(scenario) && scenario.LinkBetweenNodes is null && scenario.Chip.LinkBetweenNodes is null)
            return $"The link of {scenario.Chip.Name} between nodes is unknown; give it with '--link-between'.";
        return null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
