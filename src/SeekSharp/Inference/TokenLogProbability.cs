namespace SeekSharp.Inference;

/// <summary>A token and how probable the model finds it.</summary>
/// <param name="Token">Token id.</param>
/// <param name="LogProbability">Natural logarithm of the probability, at most 0.</param>
public readonly record struct TokenLogProbability(int Token, float LogProbability);
