using SeekSharp.Training.Optimizers;
using SeekSharp.Training.Recipes;

namespace SeekSharp.Training.Stages;

/// <summary>How long a stage trains, in steps or in minutes, and the learning rate that follows from how far it is.</summary>
/// <param name="recipe">The stage.</param>
internal sealed class StageBudget(TrainRecipe recipe)
{
    private const long Whole = 1L << 40;

    private readonly LearningRateSchedule _schedule = new(recipe.LearningRate, 0, recipe.ConstantShare, recipe.Decay, recipe.FinalShare);

    /// <summary>How far the stage is, 0 to 1.</summary>
    /// <param name="step">Steps made.</param>
    /// <param name="elapsed">Time trained, over all resumes.</param>
    public double Fraction(long step, TimeSpan elapsed) =>
        Math.Min(1, recipe.Steps is { } steps ? (double)step / steps : elapsed.TotalMinutes / recipe.Minutes!.Value);

    /// <summary>The rate of a step: warm-up in steps, then by how far the stage is.</summary>
    public double LearningRate(long step, double fraction)
    {
        double warmUp = step < recipe.WarmUpSteps ? (step + 1.0) / recipe.WarmUpSteps : 1;
        return warmUp * _schedule.At((long)(fraction * Whole), Whole);
    }

    /// <summary>Time left, or null where nothing can be told yet.</summary>
    /// <param name="fraction">How far the stage is.</param>
    /// <param name="elapsed">Time trained, over all resumes.</param>
    public static TimeSpan? Left(double fraction, TimeSpan elapsed) => fraction > 0 ? elapsed * ((1 - fraction) / fraction) : null;
}
