namespace SeekSharp.Tokenizers;

/// <summary>
/// Merges the symbols of one piece of text: again and again the pair of the lowest rank, of equals the leftmost. A queue of pairs over a linked list
/// makes that O(n log n) whatever the text. Holds working memory, so it serves one thread at a time.
/// </summary>
/// <param name="merges">The merges.</param>
internal sealed class PieceMerger(MergeTable merges)
{
    private readonly PriorityQueue<Pair, long> _queue = new();
    private Node[] _nodes = new Node[64];

    /// <summary>A symbol of the result.</summary>
    /// <param name="Symbol">The symbol.</param>
    /// <param name="Start">First of the units that it covers.</param>
    /// <param name="End">Behind the last.</param>
    public readonly record struct Piece(int Symbol, int Start, int End);

    private record struct Node(int Symbol, int Previous, int Next);

    private readonly record struct Pair(int Left, int LeftSymbol, int RightSymbol, int Merged);

    /// <summary>Merges.</summary>
    /// <param name="symbols">The symbols of the piece's units (bytes or characters).</param>
    /// <param name="result">The pieces are added here, in order.</param>
    public void Merge(ReadOnlySpan<int> symbols, List<Piece> result)
    {
        if (_nodes.Length < symbols.Length) _nodes = new Node[Math.Max(symbols.Length, _nodes.Length * 2)];
        for (int i = 0; i < symbols.Length; i++) _nodes[i] = new Node(symbols[i], i - 1, i + 1 < symbols.Length ? i + 1 : -1);
        for (int i = 0; i + 1 < symbols.Length; i++) Enqueue(i);
        while (_queue.TryDequeue(out Pair pair, out _)) Join(pair);
        for (int i = 0; i >= 0 && i < symbols.Length; i = _nodes[i].Next)
            result.Add(new Piece(_nodes[i].Symbol, i, _nodes[i].Next < 0 ? symbols.Length : _nodes[i].Next));
    }

    private void Enqueue(int left)
    {
        int right = _nodes[left].Next;
        if (right >= 0 && merges.TryGet(_nodes[left].Symbol, _nodes[right].Symbol, out MergeTable.Merge merge))
            _queue.Enqueue(new Pair(left, _nodes[left].Symbol, _nodes[right].Symbol, merge.Symbol), ((long)merge.Rank << 32) | (uint)left);
    }

    private void Join(Pair pair)
    {
        // A pair is out of date when one of its symbols has become part of another since.
        ref Node left = ref _nodes[pair.Left];
        if (left.Symbol != pair.LeftSymbol || left.Next < 0 || _nodes[left.Next].Symbol != pair.RightSymbol) return;
        ref Node right = ref _nodes[left.Next];
        right.Symbol = -1;
        left.Symbol = pair.Merged;
        left.Next = right.Next;
        if (left.Next >= 0) _nodes[left.Next].Previous = pair.Left;
        if (left.Previous >= 0) Enqueue(left.Previous);
        Enqueue(pair.Left);
    }
}
