using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>Drafts from a recorded reply, of which a given share is right: what speculation gains and costs, apart from where drafts come from.</summary>
/// <param name="promptLength">Tokens in front of the reply.</param>
/// <param name="reply">The recorded reply.</param>
/// <param name="acceptance">Probability that a draft is the recorded token, each by itself.</param>
/// <param name="vocabularySize">Number of tokens.</param>
internal sealed class ReplayDrafts(int promptLength, int[] reply, double acceptance, int vocabularySize) : IDraftSource
{
    private readonly bool[] _isRight = Draw(reply.Length, acceptance);

    public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
    {
        int start = tokens.Length - promptLength, count = Math.Clamp(reply.Length - start, 0, drafts.Length);
        for (int i = 0; i < count; i++) drafts[i] = _isRight[start + i] ? reply[start + i] : (reply[start + i] + 1) % vocabularySize;
        return count;
    }

    private static bool[] Draw(int count, double acceptance)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < acceptance)];
    }
}
