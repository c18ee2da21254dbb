namespace SeekSharp.Inference;

/// <summary>
/// Guesses how a text goes on, for speculative decoding: drafts are verified in one pass, and the reply is the same whether they are right or wrong. Serves one
/// request, on the scheduler's thread; it should take microseconds.
/// </summary>
public interface IDraftSource
{
    /// <summary>Guesses the next tokens.</summary>
    /// <param name="tokens">Prompt and reply so far. From call to call tokens are only added.</param>
    /// <param name="drafts">Receives the guesses, the next token first. Each must be in the vocabulary.</param>
    /// <returns>How many there are, from 0 to the length of <paramref name="drafts"/>.</returns>
    int Propose(ReadOnlySpan<int> tokens, Span<int> drafts);
}
