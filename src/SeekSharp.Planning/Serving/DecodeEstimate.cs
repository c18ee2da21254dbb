using SeekSharp.Formats;
using SeekSharp.Planning.Models;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Serving;

/// <summary>What keeps a decode batch from being larger.</summary>
public enum BatchLimit
{
    /// <summary>The scenario gives the batch.</summary>
    Given,

    /// <summary>Users would get fewer tokens a second than they are promised.</summary>
    Latency,

    /// <summary>The cache of more requests does not fit in memory.</summary>
    Memory,
}

/// <summary>How fast a unit writes replies.</summary>
/// <param name="Batch">Requests of one device at once.</param>
/// <param name="Limit">What keeps the batch from being larger.</param>
/// <param name="MemoryBatch">Requests whose cache fits in a device's memory beside the weights.</param>
/// <param name="StepSeconds">Seconds of a step.</param>
/// <param name="ComputeSeconds">Of those, the chip computes or reads, if nothing of the traffic were exposed.</param>
/// <param name="TrafficSeconds">Seconds that the tokens of a step travel, hidden or not.</param>
/// <param name="UserTokensPerSecond">Tokens a second of one request.</param>
/// <param name="NodeTokensPerSecond">Tokens a second of one node.</param>
public sealed record DecodeEstimate(
    double Batch, BatchLimit Limit, double MemoryBatch, double StepSeconds, double ComputeSeconds, double TrafficSeconds, double UserTokensPerSecond, double NodeTokensPerSecond)
{
    private const int Halvings = 60;

    /// <summary>Plans the largest batch that memory and the promised speed allow, or the given one.</summary>
    /// <exception cref="PlanningException">Not even one request fits, or is fast enough.</exception>
    internal static DecodeEstimate Of(ServingScenario scenario, in ServingRates rates)
    {
        double fits = RequestsThatFit(scenario, rates);
        if (scenario.Batch is { } given)
        {
            if (given > fits) throw new PlanningException(FormattableString.Invariant(
                $"A batch of {given:0.##} does not fit: the memory of {scenario.Chip.Name} has room for the cache of {Math.Max(0, fits):0} requests beside the weights; lower the batch or the context, or spread experts over more chips."));
            return Step(scenario, rates, given, BatchLimit.Given, fits);
        }

        if (fits < 1) throw new PlanningException(
            $"The weights of {scenario.Model.Name} leave no room for a request on {scenario.Chip.Name}; spread experts over more chips ('--decode-experts') or take a chip with more memory.");
        double target = scenario.Load.TokensPerSecondPerUser;
        if (Speed(scenario, rates, fits) >= target) return Step(scenario, rates, fits, BatchLimit.Memory, fits);
        if (Speed(scenario, rates, 1) is var fastest && fastest < target) throw new PlanningException(FormattableString.Invariant(
            $"No batch gives a user {target:0.##} tokens a second: a single request gets {fastest:0.##} on {scenario.Chip.Name}; lower the target or the context, or take faster links."));
        double low = 1, high = fits;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            if (Speed(scenario, rates, middle) >= target) low = middle;
            else high = middle;
        }

        return Step(scenario, rates, low, BatchLimit.Latency, fits);
    }

    private static double RequestsThatFit(ServingScenario scenario, in ServingRates rates)
    {
        double room = (scenario.Chip.MemoryBytes.Value * scenario.Calibration.UsableMemory) - ServingWeights.Bytes(scenario, scenario.Decode, rates);
        return room / (scenario.Load.ContextTokens * scenario.Model.CacheBytesPerToken());
    }

    private static double Speed(ServingScenario scenario, in ServingRates rates, double batch) => TokensPerStep(scenario) / Times(scenario, rates, batch).Step;

    private static double TokensPerStep(ServingScenario scenario) => Predicts(scenario) ? 1 + scenario.Calibration.DraftAcceptance : 1;

    private static bool Predicts(ServingScenario scenario) => scenario.Techniques.MultiTokenPrediction && scenario.Model.Config.PredictionLayerCount > 0;

    private static DecodeEstimate Step(ServingScenario scenario, in ServingRates rates, double batch, BatchLimit limit, double fits)
    {
        var (step, compute, traffic) = Times(scenario, rates, batch);
        double user = TokensPerStep(scenario) / step;
        return new DecodeEstimate(batch, limit, fits, step, compute, traffic, user, user * batch * rates.DevicesPerNode);
    }

    /// <summary>One batch whose traffic is exposed, or two micro-batches in turn, which read all weights twice: whichever is faster.</summary>
    private static (double Step, double Compute, double Traffic) Times(ServingScenario scenario, in ServingRates rates, double batch)
    {
        var (mixture, rest, travel) = Pass(scenario, rates, batch);
        var whole = (Step: mixture + rest + travel, Compute: mixture + rest, Traffic: travel);
        if (!scenario.Techniques.Overlap) return whole;
        (mixture, rest, travel) = Pass(scenario, rates, batch / 2);
        var halves = (Step: 2 * (Math.Max(mixture, travel) + rest), Compute: 2 * (mixture + rest), Traffic: 2 * travel);
        return halves.Step < whole.Step ? halves : whole;
    }

    /// <summary>Seconds of one pass: in layers with experts, elsewhere, and of the tokens' travel.</summary>
    private static (double Mixture, double Others, double Travel) Pass(ServingScenario scenario, in ServingRates rates, double requests)
    {
        ModelShape model = scenario.Model;
        ServingCalibration calibration = scenario.Calibration;
        double tokens = requests * (Predicts(scenario) ? 2 : 1), predictions = Predicts(scenario) ? 1 : 0;
        double attention = AttentionSeconds(scenario, rates, requests, tokens) + (calibration.KernelsPerLayer * calibration.KernelSeconds);
        double values = ServingWeights.AttentionValues(model.Config, absorbed: true);
        double dense = attention + ProductSeconds(rates, model.Parameters.DenseFeedForward, tokens) + (tokens * (values + ServingWeights.FeedForwardValues(model.Config, false)) / rates.Values);
        double head = Math.Max(2 * model.HeadSize * tokens / rates.HighPrecision, 2 * model.HeadSize / rates.Weights);
        double rest = (model.DenseLayers * dense) + ((1 + predictions) * head);
        if (model.MixtureLayers == 0) return (0, rest + (predictions * dense), 0);
        double layer = attention + ExpertSeconds(scenario, rates, tokens) + (tokens * (values + ServingWeights.FeedForwardValues(model.Config, true)) / rates.Values);
        double layers = model.MixtureLayers + predictions;
        return (layers * layer, rest, layers * TravelSeconds(scenario, rates, tokens));
    }

    /// <summary>Projections and the core of attention. In the absorbed form a head's query and value are as long as the latent.</summary>
    private static double AttentionSeconds(ServingScenario scenario, in ServingRates rates, double requests, double tokens)
    {
        ModelShape model = scenario.Model;
        ModelConfig config = model.Config;
        double context = scenario.Load.ContextTokens, width = model.ScoreWidth, upper = 0;
        if (config.LatentAttention is { } latent)
        {
            width = (2.0 * latent.KeyValueRank) + latent.RotaryDimension;
            upper = (double)latent.KeyValueRank * config.HeadCount * (latent.NopeDimension + latent.ValueDimension); // absorbed in BF16
        }

        double projections = ProductSeconds(rates, model.Projections - upper, tokens) + Math.Max(2 * upper * tokens / rates.HighPrecision, 2 * upper / rates.Weights);
        double core = 2 * config.HeadCount * width * context * tokens / rates.Attention;
        double cache = requests * context * model.CacheValuesPerLayer * 2 / rates.Cache;
        return projections + Math.Max(core, cache);
    }

    private static double ExpertSeconds(ServingScenario scenario, in ServingRates rates, double tokens)
    {
        ModelShape model = scenario.Model;
        MixtureOfExpertsConfig mixture = model.Config.MixtureOfExperts!;
        double held = ServingWeights.ExpertsPerDevice(model, scenario.Decode), arriving = tokens * mixture.ExpertsPerToken;
        double used = held * (1 - Math.Exp(-arriving / held)); // those that any token comes to
        double routed = Math.Max(
            2 * model.Parameters.Expert * arriving * scenario.Calibration.ExpertImbalance / rates.Matrices, rates.WeightBytes * model.Parameters.Expert * used / rates.Weights);
        return routed + ProductSeconds(rates, model.Parameters.SharedExperts, tokens)
            + Math.Max(2 * model.RouterMatrix * tokens / rates.HighPrecision, 2 * model.RouterMatrix / rates.Weights);
    }

    /// <summary>Each token goes straight to each of its experts, over the links between nodes where the unit has several (V3 §3.4.2).</summary>
    private static double TravelSeconds(ServingScenario scenario, in ServingRates rates, double tokens)
    {
        int devices = scenario.Decode.ExpertParallel;
        if (devices <= 1) return 0;
        int hidden = scenario.Model.Config.HiddenSize;
        double bytes = tokens * scenario.Model.Config.MixtureOfExperts!.ExpertsPerToken * scenario.Calibration.ExpertImbalance
            * (ExpertTraffic.DispatchBytes(hidden, scenario.Techniques.Float8Dispatch) + ExpertTraffic.CombineBytes(hidden));
        return bytes / (devices > rates.DevicesPerNode ? rates.Between * scenario.Calibration.LowLatencyShare : rates.Within * scenario.Calibration.WithinShare);
    }

    private static double ProductSeconds(in ServingRates rates, double weights, double tokens) =>
        Math.Max(2 * weights * tokens / rates.Matrices, rates.WeightBytes * weights / rates.Weights);
}
