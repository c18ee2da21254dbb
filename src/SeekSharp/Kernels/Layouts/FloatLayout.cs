using System.Runtime.CompilerServices;
using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>Packs and decodes the float types.</summary>
/// <typeparam name="TFormat">The type's layout.</typeparam>
internal sealed unsafe class FloatLayout<TFormat> : PackedLayout
    where TFormat : struct, IFloatFormat
{
    private const int ScaleBytes = Lines.Rows * sizeof(float);

    public override ActivationFormat ActivationFormat => ActivationFormat.Float32;

    public override long GroupBytes(int columns)
    {
        long bytes = ((long)columns * TFormat.WeightBytes * Lines.Rows) + (ScaleCount(columns) * ScaleBytes);
        return (bytes + Lines.LineBytes - 1) & -Lines.LineBytes;
    }

    /// <summary>Where the weights of a column stand in a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ColumnOffset(int column)
    {
        long offset = (long)column * TFormat.WeightBytes * Lines.Rows;
        return TFormat.ScaledColumns == 0 ? offset : offset + (((long)(column / TFormat.ScaledColumns) + 1) * ScaleBytes);
    }

    /// <summary>The 16 scales that hold for a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Scales(byte* group, int column) =>
        (float*)(group + ColumnOffset(column / TFormat.ScaledColumns * TFormat.ScaledColumns) - ScaleBytes);

    private static long ScaleCount(int columns) =>
        TFormat.ScaledColumns == 0 ? 0 : (columns + TFormat.ScaledColumns - 1) / TFormat.ScaledColumns;

    public override void PackGroup(Tensor tensor, int firstRow, byte* group)
    {
        int columns = tensor.Shape[1], rowCount = Math.Min(Lines.Rows, tensor.Shape[0] - firstRow);
        new Span<byte>(group, checked((int)GroupBytes(columns))).Clear();
        if (TFormat.ScaledColumns != 0) PackScales(tensor, firstRow, rowCount, group);
        for (int row = 0; row < rowCount; row++)
        {
            byte* source = tensor.Data + ((long)(firstRow + row) * columns * TFormat.WeightBytes);
            for (int column = 0; column < columns; column++)
            {
                byte* destination = group + ColumnOffset(column) + (row * TFormat.WeightBytes);
                switch (TFormat.WeightBytes)
                {
                    case 1: *destination = source[column]; break;
                    case 2: *(ushort*)destination = Unsafe.ReadUnaligned<ushort>(source + (column * 2L)); break;
                    default: *(uint*)destination = Unsafe.ReadUnaligned<uint>(source + (column * 4L)); break;
                }
            }
        }
    }

    private static void PackScales(Tensor tensor, int firstRow, int rowCount, byte* group)
    {
        int columns = tensor.Shape[1];
        BlockScales? scales = tensor.Scales;
        if (scales is not null && scales.BlockColumns % TFormat.ScaledColumns != 0 && scales.BlockColumns < columns)
        {
            throw new ModelFormatException(
                $"Tensor '{tensor.Name}': blocks of {scales.BlockColumns} columns per scale are not supported, only multiples of {TFormat.ScaledColumns}.");
        }
        for (int column = 0; column < columns; column += TFormat.ScaledColumns)
        {
            float* destination = Scales(group, column);
            for (int row = 0; row < rowCount; row++) destination[row] = ScaleOf(tensor, firstRow + row, column);
        }
    }

    private static float ScaleOf(Tensor tensor, int row, int column)
    {
        if (tensor.Scales is not { } scales) return 1;
        int blocksPerRow = (tensor.Shape[1] + scales.BlockColumns - 1) / scales.BlockColumns;
        float scale = scales.Values[((scales.FirstRow + row) / scales.BlockRows * blocksPerRow) + (column / scales.BlockColumns)];
        return float.IsFinite(scale)
            ? scale
            : throw new ModelFormatException($"Tensor '{tensor.Name}': the scale of row {row}, column {column} is not a finite number.");
    }

    public override void DecodeRow(byte* group, int row, Span<float> destination)
    {
        for (int column = 0; column < destination.Length; column++)
        {
            float weight = TFormat.Weights<Lanes1, int, float>(group + ColumnOffset(column) + (row * TFormat.WeightBytes));
            destination[column] = TFormat.ScaledColumns == 0 ? weight : weight * Scales(group, column)[row];
        }
    }
}
