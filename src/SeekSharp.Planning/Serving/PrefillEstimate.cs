using SeekSharp.Planning.Models;
using SeekSharp.Planning.Training;

namespace SeekSharp.Planning.Serving;

/// <summary>How fast a unit computes prompts. Seconds are those of one device for one computed token.</summary>
/// <param name="Matrices">Products with weights.</param>
/// <param name="Attention">Scores and weighted values.</param>
/// <param name="Elementwise">Everything between products.</param>
/// <param name="TrafficWithin">Travel of tokens within nodes.</param>
/// <param name="TrafficBetween">Travel of tokens between nodes.</param>
/// <param name="Seconds">All together, with what is hidden left out.</param>
/// <param name="TokensPerSecond">Computed tokens of one device in a second, while it is busy.</param>
/// <param name="NodeTokensPerSecond">Tokens of one node in a second, with those found in the cache, and with the time that it waits for prompts.</param>
public sealed record PrefillEstimate(
    double Matrices, double Attention, double Elementwise, double TrafficWithin, double TrafficBetween, double Seconds, double TokensPerSecond, double NodeTokensPerSecond)
{
    internal static PrefillEstimate Of(ServingScenario scenario, in ServingRates rates)
    {
        ModelShape model = scenario.Model;
        ServingCalibration calibration = scenario.Calibration;
        double prompt = scenario.Load.PromptTokens, hit = scenario.Load.CacheHitShare, computed = Math.Max(1, prompt * (1 - hit));
        // What is computed sees all that was found in the cache, and half of itself.
        double context = (prompt * hit) + ((computed + 1) / 2);
        double matrices = MatrixSeconds(scenario, rates, computed, prompt * hit / computed);
        double attention = 2.0 * model.Config.LayerCount * model.Config.HeadCount * model.ScoreWidth * context / rates.Attention;
        double elementwise = Values(model) / rates.Values;
        var (within, between) = Traffic(scenario, rates);
        double compute = matrices + attention + elementwise, travel = Math.Max(within, between);
        double hidden = Math.Max(compute / (1 - calibration.CommunicationProcessors), travel), exposed = compute + travel;
        double seconds = scenario.Techniques.Overlap ? Math.Min(hidden, exposed) : exposed;
        double node = rates.DevicesPerNode / seconds * calibration.PrefillUtilization / (1 - hit);
        return new PrefillEstimate(matrices, attention, elementwise, within, between, seconds, 1 / seconds, node);
    }

    /// <summary>Products of weights, or reading them where a step has few tokens. Keys and values of the cached part come from its latents again.</summary>
    private static double MatrixSeconds(ServingScenario scenario, in ServingRates rates, double computed, double cachedPerComputed)
    {
        ModelShape model = scenario.Model;
        TokenWork work = TokenWork.Of(model, 1, withPrediction: false);
        double head = 2.0 * model.HeadSize, routed = 0, cached = 0;
        if (model.Config.MixtureOfExperts is { } mixture) routed = 2.0 * model.MixtureLayers * mixture.ExpertsPerToken * model.Parameters.Expert;
        if (model.Config.LatentAttention is { } latent)
            cached = 2.0 * model.Config.LayerCount * latent.KeyValueRank * model.Config.HeadCount * (latent.NopeDimension + latent.ValueDimension) * cachedPerComputed;
        double operations = (work.Matrices + cached + ((scenario.Calibration.ExpertImbalance - 1) * routed)) / rates.Matrices;
        double highPrecision = (work.HighPrecision - head + (head / computed)) / rates.HighPrecision; // only a prompt's last token needs the head
        double reading = ServingWeights.Bytes(scenario, scenario.Prefill, rates) / rates.Weights / scenario.PrefillTokens;
        return Math.Max(operations + highPrecision, reading);
    }

    private static double Values(ModelShape model)
    {
        double attention = model.Config.LayerCount * ServingWeights.AttentionValues(model.Config, absorbed: false);
        return attention + (model.DenseLayers * ServingWeights.FeedForwardValues(model.Config, false)) + (model.MixtureLayers * ServingWeights.FeedForwardValues(model.Config, true));
    }

    private static (double Within, double Between) Traffic(ServingScenario scenario, in ServingRates rates)
    {
        int devices = scenario.Prefill.ExpertParallel;
        ExpertTraffic traffic = ExpertTraffic.Of(
            scenario.Model, devices, rates.DevicesPerNode, scenario.Techniques.NodeLimitedRouting, scenario.Techniques.Float8Dispatch);
        double layers = scenario.Model.MixtureLayers * scenario.Calibration.ExpertImbalance;
        double nodes = Math.Max(1, (double)devices / rates.DevicesPerNode), leaving = (nodes - 1) / nodes;
        double within = devices > 1 ? layers * traffic.Within / (rates.Within * scenario.Calibration.WithinShare) : 0;
        double between = nodes > 1 ? layers * traffic.Between * leaving / (rates.Between * scenario.Calibration.BetweenShare) : 0;
        return (within, between);
    }
}
