using SeekSharp.Inference;

namespace SeekSharp.Chat;

/// <summary>What a piece of a reply belongs to.</summary>
public enum ReplyPart
{
    /// <summary>What the model thinks before it answers.</summary>
    Reasoning,
    /// <summary>The answer.</summary>
    Answer,
}

/// <summary>Some text of one part of a reply.</summary>
/// <param name="Part">The part.</param>
/// <param name="Text">The text, never empty.</param>
/// <param name="Tokens">The tokens that it comes from, with their log-probabilities, where these were asked for; otherwise null. Those of tags are left out.</param>
public readonly record struct ReplyPiece(ReplyPart Part, string Text, IReadOnlyList<SampledToken>? Tokens = null);
