namespace SeekSharp.Training.Models;

/// <summary>How a model is trained, whatever it is.</summary>
public sealed record TrainingModelOptions
{
    /// <summary>In which type it computes.</summary>
    public Precision Precision { get; init; }

    /// <summary>Where it computes: "cpu", or "cuda" with a LibTorch for it (which is not tested here).</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// Standard deviation of the first weights; null takes 0.5 / sqrt(hidden size), which is the 0.006 of DeepSeek-V3 §4.2 at its size.
    /// </summary>
    public double? InitialDeviation { get; init; }
}
