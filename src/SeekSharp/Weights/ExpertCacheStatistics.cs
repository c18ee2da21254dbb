namespace SeekSharp.Weights;

/// <summary>What the cache of routed experts has done since the model was loaded. An expert that several tokens of a step use counts once.</summary>
/// <param name="Uses">Experts that layers used.</param>
/// <param name="Hits">Of these, those that were in memory.</param>
/// <param name="ReadAhead">Of the hits and misses, those that had been read ahead, or were being read ahead.</param>
/// <param name="BytesRead">Bytes read from disk, read-ahead included.</param>
/// <param name="Waited">Time that computing has waited for the disk.</param>
/// <param name="SlotCount">Experts that fit into memory, of all layers together.</param>
/// <param name="ExpertCount">Routed experts of all layers together.</param>
public readonly record struct ExpertCacheStatistics(long Uses, long Hits, long ReadAhead, long BytesRead, TimeSpan Waited, int SlotCount, int ExpertCount)
{
    /// <summary>The share of uses that found the expert in memory, 0 to 1.</summary>
    public double HitRate => Uses == 0 ? 0 : (double)Hits / Uses;

    /// <summary>What happened after an earlier moment.</summary>
    /// <param name="earlier">Statistics of the same model.</param>
    /// <returns>The differences.</returns>
    public ExpertCacheStatistics Since(ExpertCacheStatistics earlier) => this with
    {
        Uses = Uses - earlier.Uses,
        Hits = Hits - earlier.Hits,
        ReadAhead = ReadAhead - earlier.ReadAhead,
        BytesRead = BytesRead - earlier.BytesRead,
        Waited = Waited - earlier.Waited,
    };
}
