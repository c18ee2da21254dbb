using SeekSharp.Chat;

namespace SeekSharp.Server.Replies;

/// <summary>What has come of one of the replies to a request: some text, or its end.</summary>
/// <param name="Index">Which reply.</param>
/// <param name="Reply">The reply, with its counts so far.</param>
/// <param name="Piece">Text of one part; null at the end.</param>
internal readonly record struct ReplyEvent(int Index, RunningReply Reply, ReplyPiece? Piece);
