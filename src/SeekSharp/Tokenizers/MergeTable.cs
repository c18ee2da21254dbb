namespace SeekSharp.Tokenizers;

/// <summary>
/// Which pairs of symbols merge, in which order, into what. Symbols are token ids; numbers from the vocabulary's size on stand for strings that occur
/// in merges without being a token that text may become.
/// </summary>
internal sealed class MergeTable
{
    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<long, Merge> _merges = [];
    private readonly Dictionary<string, int> _extraSymbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _extraSymbolsBySpan;

    private MergeTable(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _extraSymbolsBySpan = _extraSymbols.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>What two symbols become.</summary>
    /// <param name="Rank">Lower merges first.</param>
    /// <param name="Symbol">What they become.</param>
    public readonly record struct Merge(int Rank, int Symbol);

    /// <summary>The table of listed merges: their order is their rank. A pair listed twice keeps its first rank.</summary>
    /// <param name="merges">The pairs.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <returns>The table.</returns>
    public static MergeTable FromMerges(IReadOnlyList<(string Left, string Right)> merges, Vocabulary vocabulary)
    {
        MergeTable table = new(vocabulary);
        table._merges.EnsureCapacity(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            table._merges.TryAdd(Key(table.SymbolOf(left), table.SymbolOf(right)), new Merge(rank, table.SymbolOf(left + right)));
        }

        return table;
    }

    /// <summary>
    /// The table of SentencePiece: any two symbols that together are a token merge, those of the highest score first. Every cut of every token into
    /// two tokens (or single characters) is such a pair.
    /// </summary>
    /// <param name="scores">Score of each token.</param>
    /// <param name="tokens">Spelling of each token.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <returns>The table.</returns>
    public static MergeTable FromScores(IReadOnlyList<float> scores, IReadOnlyList<string> tokens, Vocabulary vocabulary)
    {
        MergeTable table = new(vocabulary);
        float[] descending = [.. scores.Distinct()];
        Array.Sort(descending, (a, b) => b.CompareTo(a));
        Dictionary<float, int> ranks = new(descending.Length);
        foreach (float score in descending) ranks.Add(score, ranks.Count);

        for (int id = 0; id < tokens.Count; id++)
        {
            string token = tokens[id];
            if (vocabulary.FindText(token) != id) continue;
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (char.IsLowSurrogate(token[cut])) continue;
                if (table.PartOf(token.AsSpan(0, cut)) is { } left && table.PartOf(token.AsSpan(cut)) is { } right)
                    table._merges.TryAdd(Key(left, right), new Merge(ranks[scores[id]], id));
            }
        }

        return table;
    }

    /// <summary>What two symbols become.</summary>
    /// <param name="left">The first symbol.</param>
    /// <param name="right">The symbol behind it.</param>
    /// <param name="merge">The merge.</param>
    /// <returns>Whether they merge.</returns>
    public bool TryGet(int left, int right, out Merge merge) => _merges.TryGetValue(Key(left, right), out merge);

    /// <summary>The symbol of a single character or byte stand-in.</summary>
    /// <param name="spelling">Its spelling.</param>
    /// <returns>The symbol, or -1 where nothing merges with it and it is no token.</returns>
    public int Find(ReadOnlySpan<char> spelling) =>
        _vocabulary.FindText(spelling) ?? (_extraSymbolsBySpan.TryGetValue(spelling, out int symbol) ? symbol : -1);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;

    private int SymbolOf(string spelling)
    {
        if (_vocabulary.FindText(spelling) is { } token) return token;
        if (!_extraSymbols.TryGetValue(spelling, out int symbol))
            _extraSymbols.Add(spelling, symbol = _vocabulary.Count + _extraSymbols.Count);
        return symbol;
    }

    private int? PartOf(ReadOnlySpan<char> spelling)
    {
        if (_vocabulary.FindText(spelling) is { } token) return token;
        bool isOneCharacter = spelling.Length == 1 || (spelling.Length == 2 && char.IsHighSurrogate(spelling[0]));
        return isOneCharacter ? SymbolOf(spelling.ToString()) : null;
    }
}
