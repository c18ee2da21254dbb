namespace SeekSharp.Training.Models;

/// <summary>One text to learn from.</summary>
/// <param name="Tokens">At least two tokens.</param>
/// <param name="Weights">
/// Weight in the loss of predicting each token from those before it (the first is never predicted): 0 for a prompt. Null weighs every token 1.
/// </param>
public sealed record TrainingSequence(ReadOnlyMemory<int> Tokens, ReadOnlyMemory<float>? Weights = null);

/// <summary>Sequences side by side, the shorter ones padded at their end. No position sees a later one, so that padding disturbs nothing.</summary>
public sealed class TokenBatch
{
    private TokenBatch(int rows, int length)
    {
        Rows = rows;
        Length = length;
        Tokens = new int[rows * length];
        Targets = new int[rows * length];
        Weights = new float[rows * length];
        Lengths = new int[rows];
    }

    /// <summary>Sequences.</summary>
    public int Rows { get; }

    /// <summary>Positions of each, padding included.</summary>
    public int Length { get; }

    /// <summary>What is read, [rows, length]; padding is 0.</summary>
    public int[] Tokens { get; }

    /// <summary>What is to be predicted at each position: the next token, [rows, length].</summary>
    public int[] Targets { get; }

    /// <summary>Weight of each prediction in the loss, [rows, length]; 0 for padding.</summary>
    public float[] Weights { get; }

    /// <summary>Positions of each sequence that are no padding.</summary>
    public int[] Lengths { get; }

    /// <summary>Tokens that are no padding.</summary>
    public int RealTokens => Lengths.Sum();

    /// <summary>Puts sequences side by side.</summary>
    /// <param name="sequences">At least one.</param>
    /// <param name="lengthStep">
    /// The length is rounded up to a multiple of this: few different shapes, each of which LibTorch prepares once and keeps (1.0 GB instead of 2 to 4).
    /// </param>
    /// <returns>The batch.</returns>
    /// <exception cref="ArgumentException">There is no sequence, one has fewer than two tokens, or as many weights as it has not tokens.</exception>
    public static TokenBatch Create(IReadOnlyList<TrainingSequence> sequences, int lengthStep = 16)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthStep, 1);
        if (sequences.Count == 0) throw new ArgumentException("A batch needs a sequence.", nameof(sequences));
        int longest = sequences.Max(sequence => sequence.Tokens.Length) - 1;
        var batch = new TokenBatch(sequences.Count, (longest + lengthStep - 1) / lengthStep * lengthStep);
        for (int row = 0; row < sequences.Count; row++) batch.Fill(row, sequences[row]);
        return batch;
    }

    private void Fill(int row, TrainingSequence sequence)
    {
        ReadOnlySpan<int> tokens = sequence.Tokens.Span;
        int count = tokens.Length - 1, start = row * Length;
        if (count < 1) throw new ArgumentException($"Sequence {row} has {tokens.Length} tokens, at least 2 are needed.");
        if (sequence.Weights is { } given && given.Length != tokens.Length)
            throw new ArgumentException($"Sequence {row} has {tokens.Length} tokens and {given.Length} weights.");
        tokens[..count].CopyTo(Tokens.AsSpan(start));
        tokens[1..].CopyTo(Targets.AsSpan(start));
        if (sequence.Weights is { } weights) weights.Span[1..].CopyTo(Weights.AsSpan(start));
        else Weights.AsSpan(start, count).Fill(1);
        Lengths[row] = count;
    }
}
