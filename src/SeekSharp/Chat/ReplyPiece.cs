namespace SeekSharp.Chat;

/// <summary>What a piece of a reply belongs to.</summary>
internal enum ReplyPart
{
    /// <summary>What the model thinks before it answers.</summary>
    Reasoning,
    /// <summary>The answer.</summary>
    Answer,
}

/// <summary>Some text of one part of a reply.</summary>
/// <param name="Part">The part.</param>
/// <param name="Text">The text, never empty.</param>
internal readonly record struct ReplyPiece(ReplyPart Part, string Text);

/// <summary>A token of one part of a reply, with what was probable in its place.</summary>
/// <param name="Part">The part; tags belong to the reasoning.</param>
/// <param name="Token">The token.</param>
/// <param name="LogProbability">Its log-probability in the model's own distribution.</param>
/// <param name="Top">The most probable tokens.</param>
internal readonly record struct ReplyToken(ReplyPart Part, int Token, float LogProbability, IReadOnlyList<Inference.TokenLogProbability> Top);
