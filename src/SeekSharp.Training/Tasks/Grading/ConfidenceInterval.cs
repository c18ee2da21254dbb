namespace SeekSharp.Training.Tasks.Grading;

/// <summary>An interval that holds a proportion with 95% confidence.</summary>
/// <param name="Low">Lower end, 0 to 1.</param>
/// <param name="High">Upper end, 0 to 1.</param>
public readonly record struct ConfidenceInterval(double Low, double High)
{
    private const double Quantile = 1.959963984540054;

    /// <summary>Wilson's score interval: never outside 0 to 1, and not of length zero where all or none were right.</summary>
    /// <param name="successes">How many were right.</param>
    /// <param name="trials">Of how many; with none, all is possible.</param>
    /// <returns>The interval.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are more successes than trials, or one of them is negative.</exception>
    public static ConfidenceInterval Wilson(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        return trials == 0 ? new(0, 1) : Wilson((double)successes / trials, trials);
    }

    /// <summary>The interval around a mean of several trials that are not all 0 or 1, such as estimates of pass@k.</summary>
    /// <param name="mean">The mean, 0 to 1.</param>
    /// <param name="trials">Number of trials, at least 1.</param>
    /// <returns>The interval.</returns>
    public static ConfidenceInterval Wilson(double mean, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        double z2 = Quantile * Quantile, denominator = 1 + (z2 / trials);
        double centre = (mean + (z2 / (2 * trials))) / denominator;
        double half = Quantile * Math.Sqrt((mean * (1 - mean) / trials) + (z2 / (4.0 * trials * trials))) / denominator;
        return new(Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
