namespace SeekSharp.Training.Optimizers;

/// <summary>How the learning rate falls behind its constant stretch.</summary>
public enum LearningRateDecay
{
    /// <summary>It does not.</summary>
    None,
    /// <summary>In a straight line.</summary>
    Linear,
    /// <summary>Along half a cosine.</summary>
    Cosine,
}

/// <summary>Learning rate by step: warm-up in a straight line from 0, a constant stretch, decay.</summary>
/// <param name="Peak">The highest rate.</param>
/// <param name="WarmUpSteps">Steps of warm-up.</param>
/// <param name="ConstantShare">Share of all steps, warm-up included, after which decay begins.</param>
/// <param name="Decay">How it falls.</param>
/// <param name="FinalShare">Share of the peak that is left at the end.</param>
public sealed record LearningRateSchedule(
    double Peak, int WarmUpSteps = 0, double ConstantShare = 0, LearningRateDecay Decay = LearningRateDecay.None, double FinalShare = 0)
{
    /// <summary>The rate of a step.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="totalSteps">All steps; at this step decay is complete.</param>
    /// <returns>The rate.</returns>
    public double At(long step, long totalSteps)
    {
        if (step < WarmUpSteps) return Peak * (step + 1) / WarmUpSteps;
        double start = Math.Max(WarmUpSteps, ConstantShare * totalSteps);
        if (Decay == LearningRateDecay.None || step <= start) return Peak;
        double done = Math.Min(1, (step - start) / Math.Max(1, totalSteps - start));
        double left = Decay == LearningRateDecay.Linear ? 1 - done : 0.5 * (1 + Math.Cos(Math.PI * done));
        return Peak * (FinalShare + (1 - FinalShare) * left);
    }
}
