using SeekSharp.Planning.Models;

namespace SeekSharp.Planning.Training;

/// <summary>Bytes that one layer keeps of one token from the forward to the backward pass.</summary>
/// <remarks>
/// With FP8 products the inputs of experts and of SwiGLU are kept in FP8, the input of attention's output projection in E5M6 (12 bits, V3 §3.3.3).
/// Attention keeps no scores, but one maximum and one sum per head (FlashAttention).
/// </remarks>
public static class ActivationMemory
{
    private const double BFloat16 = 2, OutputBits = 1.5;

    /// <summary>The bytes of one token in one layer, of the kind of layer that the model has most of.</summary>
    /// <param name="model">The model.</param>
    /// <param name="policy">What is computed again.</param>
    /// <param name="inFloat8">Whether matrix products are in FP8.</param>
    public static double BytesPerToken(ModelShape model, RecomputePolicy policy, bool inFloat8)
    {
        double hidden = model.Config.HiddenSize;
        if (policy == RecomputePolicy.Full) return BFloat16 * hidden;
        bool everything = policy == RecomputePolicy.None;
        return (2 * BFloat16 * hidden) + (everything ? 2 * BFloat16 * hidden : 0) + Attention(model, everything, inFloat8) + FeedForward(model, everything, inFloat8);
    }

    /// <summary>
    /// Bytes that operations on single elements move per token and layer in a forward pass: everything that could be kept, in BF16, written once and read twice.
    /// </summary>
    /// <param name="model">The model.</param>
    public static double TrafficPerToken(ModelShape model) => 3 * BytesPerToken(model, RecomputePolicy.None, inFloat8: false);

    private static double Attention(ModelShape model, bool everything, bool inFloat8)
    {
        var config = model.Config;
        double heads = config.HeadCount, query = heads * config.HeadDimension, statistics = 4 * heads, kept = inFloat8 ? OutputBits : BFloat16;
        if (config.LatentAttention is not { } latent)
            return (BFloat16 * (query + (2.0 * config.KeyValueHeadCount * config.HeadDimension))) + (kept * query) + statistics;
        double latents = latent.QueryRank + latent.KeyValueRank + latent.RotaryDimension;
        double queries = latent.QueryRank == 0 || everything ? query : 0;
        double keysAndValues = everything ? heads * (config.HeadDimension + latent.ValueDimension) : 0;
        return (BFloat16 * (latents + queries + keysAndValues)) + (kept * heads * latent.ValueDimension) + statistics;
    }

    private static double FeedForward(ModelShape model, bool everything, bool inFloat8)
    {
        double kept = inFloat8 ? 1 : BFloat16;
        double width = model.Config.FeedForwardSize, inputs = 0;
        if (model.MixtureLayers > 0 && model.Config.MixtureOfExperts is { } mixture)
        {
            width = (double)(mixture.ExpertsPerToken + mixture.SharedExpertCount) * mixture.ExpertWidth;
            inputs = (double)mixture.ExpertsPerToken * model.Config.HiddenSize;
        }

        return kept * (inputs + (2 * width) + (everything ? width : 0));
    }
}
