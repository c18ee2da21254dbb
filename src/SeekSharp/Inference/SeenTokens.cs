namespace SeekSharp.Inference;

/// <summary>Which tokens a sequence has, for penalties: a list of the distinct ones and how often the reply has each.</summary>
/// <param name="vocabularySize">Number of tokens.</param>
internal sealed class SeenTokens(int vocabularySize)
{
    private readonly int[] distinct = new int[vocabularySize];
    private readonly bool[] known = new bool[vocabularySize];
    private readonly int[] counts = new int[vocabularySize];
    private int distinctCount;

    public ReadOnlySpan<int> Tokens => distinct.AsSpan(0, distinctCount);

    public int CountInReply(int token) => counts[token];

    public void AddFromPrompt(int token)
    {
        if (known[token]) return;
        known[token] = true;
        distinct[distinctCount++] = token;
    }

    public void AddFromReply(int token)
    {
        AddFromPrompt(token);
        counts[token]++;
    }
}
