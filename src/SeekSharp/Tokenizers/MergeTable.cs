namespace SeekSharp.Tokenizers;

/// <summary>
/// Which pairs of symbols merge, in which order, into what. Symbols are token ids; numbers from the vocabulary's size on stand for strings that occur
/// in merges without being a token that text may become.
/// </summary>
internal abstract class MergeTable
{
    private readonly Dictionary<string, int> _extraSymbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _extraSymbolsBySpan;

    /// <summary>Starts with the vocabulary's symbols.</summary>
    /// <param name="vocabulary">The tokens.</param>
    protected MergeTable(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        _extraSymbolsBySpan = _extraSymbols.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>What two symbols become.</summary>
    /// <param name="Rank">Lower merges first.</param>
    /// <param name="Symbol">What they become.</param>
    public readonly record struct Merge(int Rank, int Symbol);

    /// <summary>The tokens.</summary>
    protected Vocabulary Vocabulary { get; }

    /// <summary>What two symbols become.</summary>
    /// <param name="left">The first symbol.</param>
    /// <param name="right">The symbol behind it.</param>
    /// <param name="merge">The merge.</param>
    /// <returns>Whether they merge.</returns>
    public abstract bool TryGet(int left, int right, out Merge merge);

    /// <summary>The symbol of a spelling.</summary>
    /// <param name="spelling">A single character or byte stand-in, or what merges have made.</param>
    /// <returns>The symbol, or -1 where nothing merges with it and it is no token.</returns>
    public int Find(ReadOnlySpan<char> spelling) => Vocabulary.FindText(spelling) ?? (_extraSymbolsBySpan.TryGetValue(spelling, out int symbol) ? symbol : -1);

    /// <summary>The symbol of a spelling, a new one where it has none.</summary>
    protected int FindOrAdd(string spelling)
    {
        int symbol = Find(spelling);
        if (symbol < 0) _extraSymbols.Add(spelling, symbol = Vocabulary.Count + _extraSymbols.Count);
        return symbol;
    }
}
