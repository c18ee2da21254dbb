namespace SeekSharp.Planning.Serving;

/// <summary>What a service takes and earns in a day.</summary>
/// <param name="Scenario">What was planned.</param>
/// <param name="Prefill">Units that compute prompts.</param>
/// <param name="Decode">Units that write replies.</param>
public sealed record ServingPlan(ServingScenario Scenario, PrefillEstimate Prefill, DecodeEstimate Decode)
{
    private const double SecondsPerDay = 86_400, Million = 1e6;

    /// <summary>Plans a service.</summary>
    /// <param name="scenario">The service.</param>
    /// <exception cref="PlanningException">The scenario makes no sense, or cannot be served.</exception>
    public static ServingPlan Evaluate(ServingScenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        if (ServingCheck.Problem(scenario) is { } problem) throw new PlanningException(problem);
        ServingRates rates = ServingRates.Of(scenario);
        return new ServingPlan(scenario, PrefillEstimate.Of(scenario, rates), DecodeEstimate.Of(scenario, rates));
    }

    /// <summary>Chips of a node.</summary>
    public int DevicesPerNode => ServingRates.PerNode(Scenario);

    /// <summary>Prefill nodes that are busy with the load, half-idle units included; exact where the throughput was given.</summary>
    public double PrefillNodes => Nodes(Scenario.Load.InputTokensPerDay, Scenario.PrefillNodeTokensPerSecond, Prefill.NodeTokensPerSecond, Scenario.Prefill);

    /// <summary>Decode nodes that are busy with the load, half-idle units included; exact where the throughput was given.</summary>
    public double DecodeNodes => Nodes(Scenario.Load.OutputTokensPerDay, Scenario.DecodeNodeTokensPerSecond, Decode.NodeTokensPerSecond, Scenario.Decode);

    /// <summary>Tokens of prompts a second and prefill node over the day, with cache hits.</summary>
    public double PrefillNodeTokensPerSecond => Over(Scenario.Load.InputTokensPerDay, PrefillNodes, Prefill.NodeTokensPerSecond);

    /// <summary>Tokens of replies a second and decode node over the day.</summary>
    public double DecodeNodeTokensPerSecond => Over(Scenario.Load.OutputTokensPerDay, DecodeNodes, Decode.NodeTokensPerSecond);

    /// <summary>Nodes that the load needs.</summary>
    public double NodesNeeded => PrefillNodes + DecodeNodes;

    /// <summary>Nodes that are paid for: the scenario's, or those needed.</summary>
    public double NodesPaid => Scenario.Nodes ?? NodesNeeded;

    /// <summary>Dollars per chip and hour; null: unknown.</summary>
    public double? PricePerHour => Scenario.PricePerHour ?? Scenario.Chip.PricePerHour?.Value;

    /// <summary>Dollars for the chips of a day; null: their price is unknown.</summary>
    public double? CostPerDay => NodesPaid * DevicesPerNode * 24 * PricePerHour;

    /// <summary>Dollars that users pay in a day.</summary>
    public double RevenuePerDay => ((Scenario.Load.InputTokensPerDay * ((Scenario.Load.CacheHitShare * Scenario.Prices.CachedInput) + ((1 - Scenario.Load.CacheHitShare) * Scenario.Prices.Input)))
        + (Scenario.Load.OutputTokensPerDay * Scenario.Prices.Output)) / Million;

    /// <summary>Profit over cost; null: the cost is unknown or nothing.</summary>
    public double? Margin => CostPerDay is > 0 and var cost ? (RevenuePerDay - cost) / cost : null;

    /// <summary>Dollars of chips for a million tokens of prompts, cache hits included; null: the price is unknown.</summary>
    public double? CostPerMillionInput => PerMillion(PrefillNodes, Scenario.Load.InputTokensPerDay);

    /// <summary>Dollars of chips for a million tokens of replies; null: the price is unknown.</summary>
    public double? CostPerMillionOutput => PerMillion(DecodeNodes, Scenario.Load.OutputTokensPerDay);

    /// <summary>Replies' tokens a second and chip of all that is needed, prefill and decode together: what sweeps compare.</summary>
    public double TokensPerSecondPerDevice => Scenario.Load.OutputTokensPerDay / SecondsPerDay / NodesNeeded / DevicesPerNode;

    private double Nodes(double tokensPerDay, double? given, double predicted, ServingUnit unit)
    {
        if (tokensPerDay == 0) return 0;
        double busy = tokensPerDay / SecondsPerDay / (given ?? predicted);
        return given is null ? busy + (Scenario.Calibration.IdleUnits * unit.ExpertParallel / DevicesPerNode) : busy;
    }

    private static double Over(double tokensPerDay, double nodes, double predicted) => nodes > 0 ? tokensPerDay / SecondsPerDay / nodes : predicted;

    private double? PerMillion(double nodes, double tokensPerDay) => tokensPerDay > 0 ? nodes * DevicesPerNode * 24 * PricePerHour / tokensPerDay * Million : null;
}
