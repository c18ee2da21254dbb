namespace SeekSharp.Training.Tasks.Grading;

/// <summary>
/// The chance that one of k samples is right, estimated without bias from n samples (Chen et al. 2021, arXiv 2107.03374, equation 1).
/// </summary>
public static class PassAtK
{
    /// <summary>1 - C(n-c, k) / C(n, k), as a product, so that nothing overflows.</summary>
    /// <param name="samples">Samples that were drawn, n.</param>
    /// <param name="correct">How many of them were right, c.</param>
    /// <param name="k">How many tries, at most n.</param>
    /// <returns>The estimate, 0 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">c is more than n, or k is not 1 to n.</exception>
    public static double Estimate(int samples, int correct, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, samples);
        if (samples - correct < k) return 1;
        double allWrong = 1;
        for (int i = samples - correct + 1; i <= samples; i++) allWrong *= 1 - ((double)k / i);
        return 1 - allWrong;
    }
}
