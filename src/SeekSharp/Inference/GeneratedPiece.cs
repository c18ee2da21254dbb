namespace SeekSharp.Inference;

/// <summary>One step of a generated text.</summary>
/// <param name="Token">The token, or null for the text that was still held back when the text ended.</param>
/// <param name="Text">
/// Text that is now certain, whole characters only. Often that of the token; empty while a character is incomplete or a stop string may have begun.
/// </param>
/// <param name="LogProbability">Log-probability of the token in the model's own distribution, where it was asked for; otherwise NaN.</param>
/// <param name="Top">The most probable tokens of this step, where they were asked for; otherwise null.</param>
public readonly record struct GeneratedPiece(
    int? Token, string Text, float LogProbability = float.NaN, IReadOnlyList<TokenLogProbability>? Top = null);
