using System.Runtime.CompilerServices;
using SeekSharp.Formats;

namespace SeekSharp.Quantization;

/// <summary>
/// Stores float32 rows in any of the types that SeekSharp writes. The blocks are those that ggml's quantisers choose (quantize_row_*_ref, and
/// with an importance matrix quantize_row_*_impl, in ggml-quants.c), so that files of both programs have the same quality.
/// </summary>
internal static unsafe class RowQuantizer
{
    /// <summary>Stores rows one behind the other.</summary>
    /// <param name="type">The type to store.</param>
    /// <param name="source">Rows of <paramref name="columns"/> weights.</param>
    /// <param name="destination">Receives the blocks; exactly as long as type and weights ask for.</param>
    /// <param name="columns">Weights of a row, a multiple of the type's block length.</param>
    /// <param name="importance">How much the error of each column counts, or empty where all count the same.</param>
    public static void Quantize(TensorType type, ReadOnlySpan<float> source, Span<byte> destination, int columns, ReadOnlySpan<float> importance)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(source.Length % columns, 0, nameof(columns));
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns % type.BlockLength(), 0, nameof(columns));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length / type.BlockLength() * type.BlockBytes(), nameof(destination));
        if (importance.Length > 0) ArgumentOutOfRangeException.ThrowIfNotEqual(importance.Length, columns, nameof(importance));
        fixed (float* x = source, weights = importance)
        fixed (byte* blocks = destination)
        {
            Rows rows = new(x, source.Length, columns, importance.Length > 0 ? weights : null);
            switch (type)
            {
                case TensorType.F32: source.CopyTo(new Span<float>(blocks, source.Length)); break;
                case TensorType.F16: FloatRows.ToHalf(rows, (ushort*)blocks); break;
                case TensorType.BF16: FloatRows.ToBFloat16(rows, (ushort*)blocks); break;
                case TensorType.Q8_0: SmallBlocks.Q8_0(rows, blocks); break;
                case TensorType.Q4_0: SmallBlocks.Signed(rows, blocks, 4); break;
                case TensorType.Q5_0: SmallBlocks.Signed(rows, blocks, 5); break;
                case TensorType.Q4_1: SmallBlocks.Unsigned(rows, blocks, 4); break;
                case TensorType.Q5_1: SmallBlocks.Unsigned(rows, blocks, 5); break;
                case TensorType.Q4_K: AffineBlocks<VectorAffineSearch>.Quantize(rows, blocks, AffineBlockFormat.Q4_K); break;
                case TensorType.Q5_K: AffineBlocks<VectorAffineSearch>.Quantize(rows, blocks, AffineBlockFormat.Q5_K); break;
                case TensorType.Q6_K: SymmetricBlocks<VectorScaleSearch>.Quantize(rows, blocks); break;
                default: throw new ArgumentOutOfRangeException(nameof(type), type, "Weights cannot be stored in this type.");
            }
        }
    }

    /// <summary>Writes a float16 and returns what it says.</summary>
    internal static float WriteHalf(byte* destination, float value)
    {
        Half half = (Half)value;
        Unsafe.WriteUnaligned(destination, BitConverter.HalfToUInt16Bits(half));
        return (float)half;
    }
}

/// <summary>Rows of float32 that lie one behind the other.</summary>
internal readonly unsafe struct Rows(float* x, int count, int columns, float* importance)
{
    /// <summary>The first weight.</summary>
    public float* X { get; } = x;

    /// <summary>Number of weights, a multiple of <see cref="Columns"/>.</summary>
    public int Count { get; } = count;

    /// <summary>Weights of a row.</summary>
    public int Columns { get; } = columns;

    /// <summary>How much the error of each column counts, or null.</summary>
    public float* Importance { get; } = importance;

    /// <summary>The importance of the columns from a weight on, or null.</summary>
    public float* ImportanceAt(int index) => Importance is null ? null : Importance + index % Columns;

    /// <summary>Sum of the squares of some weights, added one after another.</summary>
    public static float SquareSum(float* x, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++) sum += x[i] * x[i];
        return sum;
    }
}
