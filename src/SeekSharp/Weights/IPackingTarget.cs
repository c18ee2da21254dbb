namespace SeekSharp.Weights;

/// <summary>Takes packed weights, segment by segment, from several threads.</summary>
internal unsafe interface IPackingTarget
{
    /// <summary>Zeroed memory for a segment, 64-byte aligned.</summary>
    /// <param name="worker">Which thread asks; it has one segment at a time.</param>
    /// <param name="offset">Where the segment starts.</param>
    /// <param name="length">Bytes of the segment.</param>
    byte* Begin(int worker, long offset, int length);

    /// <summary>The segment that the thread began is complete.</summary>
    void End(int worker, long offset, int length);
}
