namespace SeekSharp.Training.Stages;

/// <summary>How replies are drawn to learn from.</summary>
/// <param name="Problems">Problems, all tasks together.</param>
/// <param name="Samples">Replies to each.</param>
/// <param name="Keep">Right ones that are kept of each problem.</param>
/// <param name="Temperature">What logits are divided by.</param>
/// <param name="MaxTokens">Most tokens of a reply.</param>
/// <param name="Limit">After which no more problems are drawn, or null.</param>
internal sealed record SamplePlan(int Problems, int Samples, int Keep, double Temperature, int MaxTokens, TimeSpan? Limit);
