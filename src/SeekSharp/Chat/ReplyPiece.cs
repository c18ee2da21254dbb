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
