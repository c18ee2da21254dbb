using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>Packs one unit of a job.</summary>
/// <param name="unit">Which unit of the job.</param>
/// <param name="destination">64-byte aligned memory of the unit's bytes.</param>
internal unsafe delegate void PackUnit(int unit, byte* destination);

/// <summary>A matrix or vector that is to be packed: equal units, one behind the other.</summary>
/// <param name="Source">Where it comes from. Units are its groups of 16 rows, or there is one unit, the whole tensor.</param>
/// <param name="Type">How it is stored once it is packed.</param>
/// <param name="IsTransposed">Whether rows become columns.</param>
/// <param name="IsRoutedExpert">Whether it belongs to one of many experts.</param>
/// <param name="Offset">Where it goes, in bytes from the start of all packed weights.</param>
/// <param name="UnitBytes">Bytes of a unit, a multiple of 64.</param>
/// <param name="UnitCount">Number of units.</param>
/// <param name="Pack">Packs a unit; called from several threads, sometimes twice for a unit.</param>
internal sealed record PackingJob(Tensor Source, TensorType Type, bool IsTransposed, bool IsRoutedExpert, long Offset, long UnitBytes, int UnitCount, PackUnit Pack)
{
    /// <summary>Behind the last byte.</summary>
    public long End => Offset + (UnitBytes * UnitCount);

    /// <summary>The part of the source that some units come from.</summary>
    public Tensor SourceOf(int firstUnit, int unitCount)
    {
        if (UnitCount == 1) return Source;
        int firstRow = firstUnit * Lines.Rows;
        return Source.Rows(firstRow, Math.Min(unitCount * Lines.Rows, Source.Shape[0] - firstRow));
    }
}
