namespace SeekSharp.Tokenizers;

/// <summary>
/// Tokens of words seen lately. A slot holds one word; a newer word with the same slot takes its place, so the memory is bounded. Slots are replaced
/// whole by one reference write, so any number of threads may read and write.
/// </summary>
internal sealed class PieceCache
{
    private const int SlotCount = 1 << 15;
    private const int LongestPiece = 48;

    private readonly Entry?[] _slots = new Entry?[SlotCount];

    private sealed record Entry(byte[] Piece, int[] Tokens);

    /// <summary>Looks a word up.</summary>
    /// <param name="piece">The word's UTF-8.</param>
    /// <param name="tokens">Its tokens; empty where it is not there.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(ReadOnlySpan<byte> piece, out ReadOnlySpan<int> tokens)
    {
        Entry? entry = piece.Length <= LongestPiece ? Volatile.Read(ref _slots[SlotOf(piece)]) : null;
        bool isHit = entry is not null && piece.SequenceEqual(entry.Piece);
        tokens = isHit ? entry!.Tokens : default;
        return isHit;
    }

    /// <summary>Keeps a word, unless it is long: long words seldom come again.</summary>
    /// <param name="piece">The word's UTF-8.</param>
    /// <param name="tokens">Its tokens.</param>
    public void Add(ReadOnlySpan<byte> piece, ReadOnlySpan<int> tokens)
    {
        if (piece.Length <= LongestPiece) Volatile.Write(ref _slots[SlotOf(piece)], new Entry(piece.ToArray(), tokens.ToArray()));
    }

    private static int SlotOf(ReadOnlySpan<byte> piece)
    {
        uint hash = 2166136261; // FNV-1a
        foreach (byte value in piece) hash = (hash ^ value) * 16777619;
        return (int)((hash ^ (hash >> 16)) % SlotCount);
    }
}
