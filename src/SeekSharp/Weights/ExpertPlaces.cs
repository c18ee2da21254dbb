namespace SeekSharp.Weights;

/// <summary>Where the routed experts of one layer lie among all packed weights.</summary>
/// <param name="Matrices">Three matrices per expert: gate, up, down.</param>
internal sealed record ExpertPlaces(IReadOnlyList<PackedPlace> Matrices)
{
    /// <summary>Matrices of an expert.</summary>
    public const int PerExpert = 3;

    /// <summary>Number of experts.</summary>
    public int ExpertCount => Matrices.Count / PerExpert;

    /// <summary>Bytes of a slot that takes any of the experts: its matrices, each from a page on.</summary>
    public long SlotBytes => Enumerable.Range(0, PerExpert).Sum(i => RoundUp(Matrices[i].ByteCount));

    /// <summary>Whether one slot suits all experts.</summary>
    public bool AreAlike => Matrices.Select((place, i) => (place, first: Matrices[i % PerExpert])).All(pair =>
        (pair.place.Type, pair.place.Rows, pair.place.Columns) == (pair.first.Type, pair.first.Rows, pair.first.Columns));

    /// <summary>The matrix of an expert.</summary>
    public PackedPlace this[int expert, int matrix] => Matrices[(expert * PerExpert) + matrix];

    /// <summary>Whole pages.</summary>
    public static long RoundUp(long bytes) => (bytes + PackedHeader.ByteCount - 1) / PackedHeader.ByteCount * PackedHeader.ByteCount;
}
