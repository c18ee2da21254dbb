namespace SeekSharp.Models;

/// <summary>Neighbouring tokens of one sequence within a batch.</summary>
/// <param name="Pages">The sequence's cache.</param>
/// <param name="Trace">Observes or replays the expert choice, or null.</param>
/// <param name="FirstRow">Row of the first token.</param>
/// <param name="RowCount">Number of tokens.</param>
/// <param name="FirstPosition">Position of the first token in its sequence.</param>
internal readonly record struct BatchSegment(ICachePages Pages, RouterTrace? Trace, int FirstRow, int RowCount, int FirstPosition);

/// <summary>The tokens of one forward pass: rows of any number of sequences. Reused from pass to pass.</summary>
internal sealed class ForwardBatch(int maxRows)
{
    private readonly int[] _tokens = new int[maxRows];
    private readonly int[] _positions = new int[maxRows];
    private readonly int[] _logitRows = new int[maxRows];
    private readonly List<BatchSegment> _segments = [];
    private int _logitRowCount;

    public int Count { get; private set; }
    public int MaxRows => maxRows;
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Count);

    /// <summary>Rows whose logits are wanted, ascending.</summary>
    public ReadOnlySpan<int> LogitRows => _logitRows.AsSpan(0, _logitRowCount);
    public List<BatchSegment> Segments => _segments;

    public void Clear()
    {
        Count = 0;
        _logitRowCount = 0;
        _segments.Clear();
    }

    /// <summary>Adds the next tokens of a sequence; the last <paramref name="logitCount"/> of them get logits.</summary>
    public void Add(ReadOnlySpan<int> tokens, int firstPosition, ICachePages pages, RouterTrace? trace, int logitCount)
    {
        _segments.Add(new BatchSegment(pages, trace, Count, tokens.Length, firstPosition));
        for (int i = 0; i < tokens.Length; i++)
        {
            if (i >= tokens.Length - logitCount) _logitRows[_logitRowCount++] = Count;
            _tokens[Count] = tokens[i];
            _positions[Count++] = firstPosition + i;
        }
    }
}
