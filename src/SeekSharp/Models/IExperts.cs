using SeekSharp.Weights;

namespace SeekSharp.Models;

/// <summary>The routed experts of one layer, wherever their weights are.</summary>
internal interface IExperts
{
    /// <summary>Whether experts that will be needed soon can be brought nearer.</summary>
    bool CanReadAhead { get; }

    /// <summary>An expert that <see cref="Bring"/> has brought.</summary>
    FeedForwardWeights this[int expert] { get; }

    /// <summary>Starts a pass; <see cref="End"/> ends it, whatever happens in between.</summary>
    /// <param name="chosen">The experts of all tokens.</param>
    /// <param name="order">Receives all experts in the order in which they will be there.</param>
    void Begin(ReadOnlySpan<int> chosen, Span<int> order);

    /// <summary>Makes the next experts of the order available, and takes back those of the call before.</summary>
    /// <returns>How many of the order have come by now; their number when none is left that is used.</returns>
    int Bring();

    /// <summary>Ends a pass.</summary>
    void End();

    /// <summary>Says which experts the next pass will probably use.</summary>
    void ReadAhead(ReadOnlySpan<int> expected);
}

/// <summary>Experts that are all in memory.</summary>
internal sealed class ResidentExperts(IReadOnlyList<FeedForwardWeights> experts) : IExperts
{
    public bool CanReadAhead => false;

    public FeedForwardWeights this[int expert] => experts[expert];

    public void Begin(ReadOnlySpan<int> chosen, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++) order[i] = i;
    }

    public int Bring() => experts.Count;

    public void End() { }

    public void ReadAhead(ReadOnlySpan<int> expected) { }
}

/// <summary>Experts that come from disk into a few slots.</summary>
internal sealed class StreamedExperts : IExperts
{
    private readonly ExpertSlots _slots;
    private readonly FeedForwardWeights[] _weights;

    public StreamedExperts(ExpertSlots slots)
    {
        _slots = slots;
        _weights = [.. Enumerable.Range(0, slots.SlotCount).Select(slot => new FeedForwardWeights(slots.Matrix(slot, 0), slots.Matrix(slot, 1), slots.Matrix(slot, 2)))];
    }

    public bool CanReadAhead => true;

    public FeedForwardWeights this[int expert] => _weights[_slots.SlotOf(expert)];

    public void Begin(ReadOnlySpan<int> chosen, Span<int> order) => _slots.Begin(chosen, order);

    public int Bring() => _slots.Bring();

    public void End() => _slots.End();

    public void ReadAhead(ReadOnlySpan<int> expected) => _slots.ReadAhead(expected);
}
