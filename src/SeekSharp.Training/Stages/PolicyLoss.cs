using static TorchSharp.torch;

namespace SeekSharp.Training.Stages;

/// <summary>One token of a rollout as the loss needs it.</summary>
/// <param name="Old">Trainer's log-probability when the reply was written; NaN: that of now, so that the ratio is 1.</param>
/// <param name="Engine">The engine's; NaN where it is not known.</param>
/// <param name="Reference">The reference model's; NaN without one.</param>
/// <param name="Advantage">Of the token's reply.</param>
internal readonly record struct PolicyToken(double Old, double Engine, double Reference, double Advantage);

/// <summary>How a policy's loss is taken.</summary>
internal sealed record PolicyLossOptions(double ClipLow, double ClipHigh, double DivergenceWeight, double ImportanceCap);

/// <summary>Sums that are measured beside the loss.</summary>
internal sealed record PolicySums(double Clipped, double Divergence, double EngineGap, int EngineTokens);

/// <summary>The loss of tokens, with gradient: <see cref="PolicyGradient"/> on tensors.</summary>
internal static class PolicyLoss
{
    /// <summary>Sum over tokens of -(weight · surrogate) + β · k3; the caller divides by all tokens of its minibatch (token-level loss).</summary>
    /// <param name="logProbabilities">[tokens], with gradient.</param>
    /// <param name="tokens">The same tokens.</param>
    /// <param name="options">How.</param>
    public static (Tensor Loss, PolicySums Sums) Sum(Tensor logProbabilities, ReadOnlySpan<PolicyToken> tokens, PolicyLossOptions options)
    {
        double[] now = Values(logProbabilities);
        double[] old = new double[tokens.Length], weights = new double[tokens.Length], advantages = new double[tokens.Length];
        double clipped = 0, divergence = 0, gap = 0;
        int known = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            old[i] = double.IsNaN(tokens[i].Old) ? now[i] : tokens[i].Old;
            advantages[i] = tokens[i].Advantage;
            bool corrects = options.ImportanceCap > 0 && !double.IsNaN(tokens[i].Engine);
            weights[i] = corrects ? PolicyGradient.ImportanceWeight(old[i], tokens[i].Engine, options.ImportanceCap) : 1;
            double ratio = PolicyGradient.Ratio(now[i], old[i]);
            if (PolicyGradient.Surrogate(ratio, advantages[i], options.ClipLow, options.ClipHigh) < ratio * advantages[i]) clipped++;
            if (!double.IsNaN(tokens[i].Reference)) divergence += PolicyGradient.DivergenceEstimate(now[i], tokens[i].Reference);
            if (double.IsNaN(tokens[i].Engine)) continue;
            gap += Math.Abs(old[i] - tokens[i].Engine);
            known++;
        }

        Tensor advantage = Like(advantages), ratios = (logProbabilities - Like(old)).exp();
        Tensor surrogate = minimum(ratios * advantage, ratios.clamp(1 - options.ClipLow, 1 + options.ClipHigh) * advantage);
        Tensor loss = -(surrogate * Like(weights)).sum();
        if (options.DivergenceWeight > 0)
        {
            double[] references = new double[tokens.Length];
            for (int i = 0; i < references.Length; i++) references[i] = tokens[i].Reference;
            Tensor difference = Like(references) - logProbabilities;
            loss += options.DivergenceWeight * (difference.exp() - difference - 1).sum();
        }

        return (loss, new PolicySums(clipped, divergence, gap, known));

        Tensor Like(double[] values) => tensor(values).to(logProbabilities.dtype, logProbabilities.device);
    }

    /// <summary>The numbers of a tensor.</summary>
    public static double[] Values(Tensor tensor)
    {
        using Tensor values = tensor.detach().to(ScalarType.Float64, CPU).contiguous();
        return values.data<double>().ToArray();
    }
}
