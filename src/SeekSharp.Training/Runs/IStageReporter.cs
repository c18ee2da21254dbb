namespace SeekSharp.Training.Runs;

/// <summary>How far a stage is.</summary>
/// <param name="Fraction">0 to 1.</param>
/// <param name="Left">Time left as far as it can be told, or null.</param>
/// <param name="Text">What is worth showing: loss, speed, balance.</param>
internal sealed record StageProgress(double Fraction, TimeSpan? Left, string Text);

/// <summary>Shows a person what happens.</summary>
internal interface IStageReporter
{
    /// <summary>A stage begins.</summary>
    void Begin(string stage);

    /// <summary>The stage is further; called often.</summary>
    void Report(StageProgress progress);

    /// <summary>Something that stays on the screen.</summary>
    void Tell(string line);

    /// <summary>The stage is over.</summary>
    void End();
}
