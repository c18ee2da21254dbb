namespace SeekSharp.Training.Stages;

/// <summary>The numbers of group-relative policy optimisation (DeepSeekMath, arXiv 2402.03300; DeepSeek-R1 §2.2), one token or group at a time. Pure.</summary>
internal static class PolicyGradient
{
    /// <summary>How much better each reply of a group is than the group.</summary>
    /// <param name="rewards">Rewards of the replies to one prompt.</param>
    /// <param name="normalize">Whether the differences are divided by the (population) standard deviation, as in R1; without, see arXiv 2503.20783.</param>
    /// <returns>Reward minus mean; zeros where all are equal: such a group teaches nothing.</returns>
    public static double[] Advantages(ReadOnlySpan<double> rewards, bool normalize)
    {
        double[] advantages = new double[rewards.Length];
        if (rewards.Length == 0 || HasNoVariance(rewards)) return advantages;
        double mean = 0, variance = 0;
        foreach (double reward in rewards) mean += reward / rewards.Length;
        foreach (double reward in rewards) variance += (reward - mean) * (reward - mean) / rewards.Length;
        double scale = normalize ? 1 / Math.Sqrt(variance) : 1;
        for (int i = 0; i < advantages.Length; i++) advantages[i] = (rewards[i] - mean) * scale;
        return advantages;
    }

    /// <summary>Whether all rewards of a group are the same.</summary>
    public static bool HasNoVariance(ReadOnlySpan<double> rewards) => rewards.IndexOfAnyExcept(rewards[0]) < 0;

    /// <summary>Probability of a token now, over that when it was written.</summary>
    public static double Ratio(double logProbability, double oldLogProbability) => Math.Exp(logProbability - oldLogProbability);

    /// <summary>min(r A, clip(r, 1 - low, 1 + high) A): what is maximised (clip-higher: arXiv 2503.14476).</summary>
    public static double Surrogate(double ratio, double advantage, double low, double high) =>
        Math.Min(ratio * advantage, Math.Clamp(ratio, 1 - low, 1 + high) * advantage);

    /// <summary>k3, an estimate of the divergence from the reference that is never negative: ref/π - ln(ref/π) - 1 (R1 equation 2).</summary>
    public static double DivergenceEstimate(double logProbability, double referenceLogProbability)
    {
        double difference = referenceLogProbability - logProbability;
        return Math.Exp(difference) - difference - 1;
    }

    /// <summary>
    /// Weight of a token that the engine drew from a slightly different distribution than the trainer has: trainer over engine, cut off at a cap
    /// (truncated importance sampling), so that a rounding difference cannot blow up.
    /// </summary>
    public static double ImportanceWeight(double trainerLogProbability, double engineLogProbability, double cap) =>
        Math.Min(Math.Exp(trainerLogProbability - engineLogProbability), cap);
}
