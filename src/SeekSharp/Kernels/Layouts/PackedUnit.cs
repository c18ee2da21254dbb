using System.Runtime.CompilerServices;

namespace SeekSharp.Kernels;

/// <summary>What follows from a format's block length.</summary>
internal static class PackedUnit
{
    /// <summary>Columns of a unit: two blocks of 32 columns, or one of 256.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Length<TFormat>() where TFormat : struct, IQuantizedFormat =>
        TFormat.BlockLength == SmallBlocks.BlockLength ? SmallBlocks.UnitLength : TFormat.BlockLength;
}
