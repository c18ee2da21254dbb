namespace SeekSharp.Inference;

/// <summary>Which tokens a sequence has, for penalties: a list of the distinct ones and how often the reply has each.</summary>
/// <param name="vocabularySize">Number of tokens.</param>
internal sealed class SeenTokens(int vocabularySize)
{
    private readonly int[] _distinct = new int[vocabularySize];
    private readonly bool[] _known = new bool[vocabularySize];
    private readonly int[] _counts = new int[vocabularySize];
    private int _distinctCount;

    public ReadOnlySpan<int> Tokens => _distinct.AsSpan(0, _distinctCount);

    public int CountInReply(int token) => _counts[token];

    public void AddFromPrompt(int token)
    {
        if (_known[token]) return;
        _known[token] = true;
        _distinct[_distinctCount++] = token;
    }

    public void AddFromReply(int token)
    {
        AddFromPrompt(token);
        _counts[token]++;
    }
}
