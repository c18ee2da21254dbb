using SeekSharp.Inference;

namespace SeekSharp.Tests.Inference;

/// <summary>Drafts from a recorded reply: those at some positions are right, the others are wrong.</summary>
/// <param name="promptLength">Tokens in front of the reply.</param>
/// <param name="reply">The recorded reply; nothing is drafted behind it.</param>
/// <param name="isRight">Whether the draft of a token of the reply is the recorded one.</param>
/// <param name="vocabulary">Number of tokens.</param>
internal sealed class ReplayedDrafts(int promptLength, int[] reply, Func<int, bool> isRight, int vocabulary) : IDraftSource
{
    public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
    {
        int start = tokens.Length - promptLength, count = Math.Clamp(reply.Length - start, 0, drafts.Length);
        for (int i = 0; i < count; i++)
        {
            int token = reply[start + i];
            drafts[i] = isRight(start + i) ? token : (token + 1) % vocabulary;
        }

        return count;
    }
}
