using SeekSharp.Models;

namespace SeekSharp.Training.Stages;

/// <summary>What shall be continued.</summary>
/// <param name="Prompt">Its tokens.</param>
/// <param name="MaxTokens">Most tokens of the reply.</param>
/// <param name="Temperature">What logits are divided by; 0 takes the most probable token.</param>
/// <param name="Seed">Starts the random numbers.</param>
/// <param name="IsTraced">Whether log-probabilities and the choice of experts are recorded.</param>
internal sealed record RolloutRequest(int[] Prompt, int MaxTokens, float Temperature, long Seed, bool IsTraced = false);

/// <summary>What the engine wrote.</summary>
/// <param name="Tokens">The reply, without the token that ended it.</param>
/// <param name="LogProbabilities">Of each token, by the engine; empty where nothing was traced.</param>
/// <param name="IsFinished">Whether the model ended it; otherwise it ran out of room.</param>
/// <param name="Trace">The experts of each token, or null.</param>
internal sealed record Rollout(int[] Tokens, float[] LogProbabilities, bool IsFinished, RouterTrace? Trace);
