using SeekSharp.Formats;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>Losses that push routers towards equal load, without their weight.</summary>
internal static class BalanceLoss
{
    /// <summary>
    /// The sequence-wise balance loss (DeepSeek-V3 equations 17 to 20), mean over the sequences: sum over the experts of f · P, with
    /// f = experts / (experts per token · T) · tokens that have the expert among their best affinities, P = mean of the affinities divided by their sum.
    /// </summary>
    public static Tensor SequenceWise(RouterResult router, MixtureOfExpertsConfig config, ForwardPass pass)
    {
        (int rows, int length) = pass.Dimensions;
        Tensor real = Real(pass, router.Affinities); // [rows, length, 1]
        Tensor count = real.sum(1).clamp_min(1); // [rows, 1]
        Tensor affinities = router.Affinities.view(rows, length, -1);
        Tensor isBest = zeros_like(affinities).scatter_(-1, affinities.detach().topk(config.ExpertsPerToken, -1).indexes, ones_like(affinities)); // [rows, length, experts]
        Tensor load = (isBest * real).sum(1) * ((double)config.ExpertCount / config.ExpertsPerToken) / count; // f, [rows, experts]
        Tensor normed = affinities / affinities.sum(-1, keepdim: true).clamp_min(1e-20);
        Tensor mean = (normed * real).sum(1) / count; // P, [rows, experts]
        return (load * mean).sum(-1).mean();
    }

    /// <summary>The expert-level balance loss (DeepSeek-V2 equations 23 to 25) over the whole batch, with the choice that was made.</summary>
    public static Tensor ExpertLevel(RouterResult router, MixtureOfExpertsConfig config, ForwardPass pass)
    {
        double tokens = Math.Max(1, pass.Lengths.Sum());
        double[] share = new double[config.ExpertCount];
        foreach (int expert in router.Choices)
            if (expert >= 0) share[expert] += config.ExpertCount / (config.ExpertsPerToken * tokens);
        Tensor mean = (router.Affinities * Real(pass, router.Affinities).view(-1, 1)).sum([0]) / tokens; // P, [experts]
        return (mean * tensor(share).to(mean.dtype, mean.device)).sum();
    }

    /// <summary>1 for tokens, 0 for padding, [rows, length, 1].</summary>
    private static Tensor Real(ForwardPass pass, Tensor like)
    {
        float[] real = new float[pass.Dimensions.Tokens];
        for (int token = 0; token < real.Length; token++) real[token] = pass.IsReal(token) ? 1 : 0;
        return tensor(real, [pass.Dimensions.Rows, pass.Dimensions.Length, 1]).to(like.dtype, like.device);
    }
}
