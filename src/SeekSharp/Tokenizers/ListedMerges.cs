namespace SeekSharp.Tokenizers;

/// <summary>Merges that a file lists: their order is their rank. A pair listed twice keeps its first rank.</summary>
internal sealed class ListedMerges : MergeTable
{
    private readonly Dictionary<long, Merge> _merges;

    /// <summary>Looks the parts of all pairs up.</summary>
    /// <param name="merges">The pairs.</param>
    /// <param name="vocabulary">The tokens.</param>
    public ListedMerges(IReadOnlyList<(string Left, string Right)> merges, Vocabulary vocabulary) : base(vocabulary)
    {
        _merges = new Dictionary<long, Merge>(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            // Training lists a merge behind those that make its parts: what is neither token nor made by then does not occur in any text.
            if (Find(left) is >= 0 and var leftSymbol && Find(right) is >= 0 and var rightSymbol && !_merges.ContainsKey(Key(leftSymbol, rightSymbol)))
                _merges.Add(Key(leftSymbol, rightSymbol), new Merge(rank, FindOrAdd(left + right)));
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(int left, int right, out Merge merge) => _merges.TryGetValue(Key(left, right), out merge);

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
