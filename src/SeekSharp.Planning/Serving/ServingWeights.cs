using SeekSharp.Formats;
using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Serving;

/// <summary>What one device of a unit holds.</summary>
internal static class ServingWeights
{
    /// <summary>Routed experts of a layer on one device, replicas included.</summary>
    public static double ExpertsPerDevice(ModelShape model, ServingUnit unit) =>
        model.Config.MixtureOfExperts is { } mixture && model.MixtureLayers > 0 ? (double)(mixture.ExpertCount + unit.RedundantExperts) / unit.ExpertParallel : 0;

    /// <summary>Bytes of all weights on one device; embedding and head are in BF16.</summary>
    public static double Bytes(ServingScenario scenario, ServingUnit unit, in ServingRates rates)
    {
        ModelShape model = scenario.Model;
        double ends = (model.Config.TiedEmbeddings ? 1 : 2) * (double)model.HeadSize;
        double routed = model.MixtureLayers * (model.RoutedPerLayer - (ExpertsPerDevice(model, unit) * model.Parameters.Expert));
        return (2 * ends) + (rates.WeightBytes * (model.Parameters.Total - ends - routed));
    }

    /// <summary>Values that a layer's products put out for one token, attention apart from its core.</summary>
    /// <param name="config">The model.</param>
    /// <param name="absorbed">Whether latent attention is computed in the absorbed form, as in decode, or with all keys and values, as in prefill.</param>
    public static double AttentionValues(ModelConfig config, bool absorbed)
    {
        double heads = config.HeadCount, queries = heads * config.HeadDimension;
        if (config.LatentAttention is not { } latent) return (2 * queries) + (2.0 * config.KeyValueHeadCount * config.HeadDimension) + config.HiddenSize;
        double latents = latent.QueryRank + latent.KeyValueRank + latent.RotaryDimension;
        double inner = absorbed ? 2 * heads * latent.KeyValueRank : heads * (latent.NopeDimension + latent.ValueDimension);
        return latents + queries + inner + (heads * latent.ValueDimension) + config.HiddenSize;
    }

    /// <summary>Values that the products of a layer's feed-forward put out for one token.</summary>
    public static double FeedForwardValues(ModelConfig config, bool isMixture) => isMixture && config.MixtureOfExperts is { } mixture
        ? (mixture.ExpertsPerToken + mixture.SharedExpertCount) * ((2.0 * mixture.ExpertWidth) + config.HiddenSize)
        : (2.0 * config.FeedForwardSize) + config.HiddenSize;
}
