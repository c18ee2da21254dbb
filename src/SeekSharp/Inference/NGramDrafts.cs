namespace SeekSharp.Inference;

/// <summary>
/// Drafts from the text itself (prompt lookup): the longest end of the text that stood somewhere before, the newest of equals, goes on as it went on there. Places are
/// found by chains of equal hashes, as Lempel-Ziv compressors find theirs. Nothing is allocated after construction.
/// </summary>
internal sealed class NGramDrafts : IDraftSource
{
    /// <summary>Matches are not measured beyond this.</summary>
    public const int LongestMatch = 16;

    private const int MostPlaces = 64;

    private readonly int _shortest;
    private readonly int _hashShift;

    // A place is the position behind an n-gram; 0 is none, since no n-gram ends there.
    private readonly int[] _newest;
    private readonly int[] _older;
    private int _indexed;

    /// <param name="capacity">Most tokens that the text may come to have.</param>
    /// <param name="shortest">Shortest n-gram that is continued, at most <see cref="LongestMatch"/>.</param>
    public NGramDrafts(int capacity, int shortest)
    {
        _shortest = shortest;
        int bits = Math.Clamp((int)Math.Ceiling(Math.Log2(Math.Max(capacity, 2))), 4, 20);
        _hashShift = 32 - bits;
        _newest = new int[1 << bits];
        _older = new int[capacity + 1];
    }

    public int Propose(ReadOnlySpan<int> tokens, Span<int> drafts)
    {
        // The n-gram at the end has nothing behind it yet.
        for (int place = Math.Max(_indexed + 1, _shortest); place < tokens.Length; place++) Enter(tokens, place);
        _indexed = Math.Max(_indexed, tokens.Length - 1);
        int start = FindLongest(tokens);
        if (start == 0) return 0;
        // The continuation may run into the drafts themselves: a text that repeats itself does so once more.
        int period = tokens.Length - start;
        for (int i = 0; i < drafts.Length; i++) drafts[i] = i < period ? tokens[start + i] : drafts[i - period];
        return drafts.Length;
    }

    private void Enter(ReadOnlySpan<int> tokens, int place)
    {
        int hash = Hash(tokens, place);
        _older[place] = _newest[hash];
        _newest[hash] = place;
    }

    private int FindLongest(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length <= _shortest) return 0;
        int best = 0, bestLength = _shortest - 1;
        int place = _newest[Hash(tokens, tokens.Length)];
        for (int i = 0; i < MostPlaces && place != 0 && bestLength < LongestMatch; i++, place = _older[place])
        {
            int length = MatchLength(tokens, place);
            if (length > bestLength) (best, bestLength) = (place, length);
        }

        return best;
    }

    /// <summary>How many tokens in front of a place equal those at the end.</summary>
    private static int MatchLength(ReadOnlySpan<int> tokens, int place)
    {
        int length = 0, most = Math.Min(place, LongestMatch);
        while (length < most && tokens[place - 1 - length] == tokens[^(1 + length)]) length++;
        return length;
    }

    private int Hash(ReadOnlySpan<int> tokens, int place)
    {
        uint hash = 0;
        for (int i = place - _shortest; i < place; i++) hash = (hash ^ (uint)tokens[i]) * 0x9E3779B1;
        return (int)(hash >> _hashShift);
    }
}
