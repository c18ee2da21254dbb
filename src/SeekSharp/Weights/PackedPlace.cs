using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Weights;

/// <summary>A matrix and its place among all packed weights.</summary>
/// <param name="Offset">Bytes from the start of all packed weights.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Rows">Number of outputs.</param>
/// <param name="Columns">Number of inputs.</param>
internal readonly record struct PackedPlace(long Offset, TensorType Type, int Rows, int Columns)
{
    /// <summary>Bytes of the packed matrix.</summary>
    public long ByteCount => PackedMatrix.PackedBytes(Type, Rows, Columns);
}
