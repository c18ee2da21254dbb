using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>
/// A weight matrix [rows, columns] = [outputs, inputs] in the form that the products read: groups of 16 rows (see <see cref="IQuantizedFormat"/>),
/// the last one padded with zeros. An immutable view of memory that its owner keeps alive.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    private readonly PackedLayout _layout;

    private PackedMatrix(TensorType type, int rows, int columns, byte* data)
    {
        _layout = PackedLayout.Of(type);
        Type = type;
        Rows = rows;
        Columns = columns;
        Data = data;
        GroupBytes = _layout.GroupBytes(columns);
        RowGroups = RowGroupsOf(rows);
    }

    /// <summary>How the weights are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Number of outputs.</summary>
    public int Rows { get; }

    /// <summary>Number of inputs.</summary>
    public int Columns { get; }

    /// <summary>Start of the packed weights, 64-byte aligned.</summary>
    public byte* Data { get; }

    /// <summary>Bytes of the packed weights.</summary>
    public long ByteCount => GroupBytes * RowGroups;

    /// <summary>The form in which products with this matrix read activations.</summary>
    public ActivationFormat ActivationFormat => _layout.ActivationFormat;

    /// <summary>Bytes of 16 rows.</summary>
    public long GroupBytes { get; }

    /// <summary>Number of groups of 16 rows.</summary>
    public int RowGroups { get; }

    /// <summary>Bytes that a matrix needs in packed form.</summary>
    /// <param name="type">Type of the weights.</param>
    /// <param name="rows">Number of outputs.</param>
    /// <param name="columns">Number of inputs, a multiple of the type's block length.</param>
    /// <returns>The bytes, a multiple of 64.</returns>
    public static long PackedBytes(TensorType type, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (columns % type.BlockLength() != 0)
            throw new ArgumentException($"{columns} columns are not a multiple of the {type.BlockLength()} weights in a block of {type}.", nameof(columns));
        return checked(PackedLayout.Of(type).GroupBytes(columns) * ((rows + Lines.Rows - 1L) / Lines.Rows));
    }

    /// <summary>Groups of 16 rows, the last one padded.</summary>
    public static int RowGroupsOf(int rows) => (int)((rows + Lines.Rows - 1L) / Lines.Rows);

    /// <summary>A matrix whose packed weights are in memory, or will be before they are read.</summary>
    /// <param name="type">Type of the weights.</param>
    /// <param name="rows">Number of outputs.</param>
    /// <param name="columns">Number of inputs.</param>
    /// <param name="data">64-byte aligned memory of <see cref="PackedBytes"/>.</param>
    /// <returns>The matrix.</returns>
    public static PackedMatrix At(TensorType type, int rows, int columns, byte* data)
    {
        if ((nuint)data % Lines.LineBytes != 0) throw new ArgumentException("Packed weights must be 64-byte aligned.", nameof(data));
        return new PackedMatrix(type, rows, columns, data);
    }

    /// <summary>Packs 16 rows of a matrix, or fewer with zeros after them.</summary>
    /// <param name="tensor">The matrix, [rows, columns].</param>
    /// <param name="group">Which 16 rows.</param>
    /// <param name="destination">64-byte aligned memory of <see cref="GroupBytes"/>.</param>
    /// <exception cref="ModelFormatException">A scale is not finite.</exception>
    public static void PackGroup(Tensor tensor, int group, byte* destination) => PackedLayout.Of(tensor.Type).PackGroup(tensor, group * Lines.Rows, destination);

    /// <summary>Packs a matrix. May run on many threads for different matrices.</summary>
    /// <param name="tensor">The matrix, [rows, columns].</param>
    /// <param name="destination">64-byte aligned memory of <see cref="PackedBytes"/>.</param>
    /// <returns>The packed matrix on that memory.</returns>
    /// <exception cref="ModelFormatException">The tensor is no matrix, or a scale is not finite.</exception>
    public static PackedMatrix Pack(Tensor tensor, byte* destination)
    {
        CheckIsMatrix(tensor);
        PackedMatrix matrix = At(tensor.Type, tensor.Shape[0], tensor.Shape[1], destination);
        for (int group = 0; group < matrix.RowGroups; group++)
            matrix._layout.PackGroup(tensor, group * Lines.Rows, destination + (group * matrix.GroupBytes));
        return matrix;
    }

    /// <summary>The type in which <see cref="PackTransposed"/> stores a matrix.</summary>
    /// <param name="type">Type of the weights to transpose.</param>
    /// <returns>
    /// The float types themselves; F32 for F8E4M3, since a value times its scale has no shorter exact form; F16 for the quantised types, whose scales
    /// do not survive transposition.
    /// </returns>
    public static TensorType TransposedType(TensorType type) => type switch
    {
        TensorType.F32 or TensorType.F8E4M3 => TensorType.F32,
        TensorType.BF16 => TensorType.BF16,
        _ => TensorType.F16,
    };

    /// <summary>Bytes that the transpose of some rows of a matrix needs in packed form.</summary>
    /// <param name="type">Type of the weights to transpose.</param>
    /// <param name="rowCount">Rows to transpose: the inputs of the result.</param>
    /// <param name="columns">Columns to transpose: the outputs of the result.</param>
    /// <returns>The bytes, a multiple of 64.</returns>
    public static long PackedTransposedBytes(TensorType type, int rowCount, int columns) => PackedBytes(TransposedType(type), columns, rowCount);

    /// <summary>Packs the transpose of consecutive rows of a matrix: multi-head latent attention multiplies a head's part of W_UK from the other side.</summary>
    /// <param name="tensor">The matrix, [rows, columns].</param>
    /// <param name="firstRow">First row to transpose.</param>
    /// <param name="rowCount">Number of rows to transpose.</param>
    /// <param name="destination">64-byte aligned memory of <see cref="PackedTransposedBytes"/>.</param>
    /// <returns>The matrix [columns, rowCount], stored as <see cref="TransposedType"/>.</returns>
    /// <exception cref="ModelFormatException">The tensor is no matrix, a scale is not finite, or a quantised weight is beyond float16.</exception>
    public static PackedMatrix PackTransposed(Tensor tensor, int firstRow, int rowCount, byte* destination)
    {
        CheckIsMatrix(tensor);
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, tensor.Shape[0] - firstRow);
        int columns = tensor.Shape[1];
        TensorType type = TransposedType(tensor.Type);
        using var weights = new AlignedBuffer((long)rowCount * columns * sizeof(float));
        Decode(tensor, firstRow, rowCount, (float*)weights.Pointer);
        using var transposed = new AlignedBuffer((long)rowCount * columns * type.BlockBytes());
        for (int row = 0; row < rowCount; row++)
        {
            float* source = (float*)weights.Pointer + ((long)row * columns);
            for (int column = 0; column < columns; column++) Store(tensor, type, source[column], transposed.Pointer, ((long)column * rowCount) + row);
        }
        return Pack(new Tensor($"{tensor.Name} transposed", type, [columns, rowCount], transposed.Pointer), destination);
    }

    /// <summary>Decodes one row, each weight rounded to float32 as the file's format defines it.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="destination">Receives <see cref="Columns"/> weights.</param>
    public void DecodeRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        if (destination.Length < Columns) throw new ArgumentException($"The row has {Columns} weights.", nameof(destination));
        _layout.DecodeRow(Data + (row / Lines.Rows * GroupBytes), row % Lines.Rows, destination[..Columns]);
    }

    private static void CheckIsMatrix(Tensor tensor)
    {
        if (tensor.Shape.Count != 2 || tensor.Shape[0] <= 0 || tensor.Shape[1] <= 0)
            throw new ModelFormatException($"Tensor '{tensor.Name}' of shape [{string.Join(", ", tensor.Shape)}] is not a matrix.");
    }

    /// <summary>Decodes rows by way of their packed form, 16 at a time.</summary>
    private static void Decode(Tensor tensor, int firstRow, int rowCount, float* destination)
    {
        PackedLayout layout = PackedLayout.Of(tensor.Type);
        int columns = tensor.Shape[1];
        using var group = new AlignedBuffer(layout.GroupBytes(columns));
        for (int first = 0; first < rowCount; first += Lines.Rows)
        {
            layout.PackGroup(tensor, firstRow + first, group.Pointer);
            for (int row = first; row < Math.Min(first + Lines.Rows, rowCount); row++)
                layout.DecodeRow(group.Pointer, row - first, new Span<float>(destination + ((long)row * columns), columns));
        }
    }

    private static void Store(Tensor tensor, TensorType type, float weight, byte* destination, long index)
    {
        switch (type)
        {
            case TensorType.F32:
                ((float*)destination)[index] = weight;
                break;
            case TensorType.BF16:
                ((ushort*)destination)[index] = (ushort)(BitConverter.SingleToUInt32Bits(weight) >> 16);
                break;
            default:
                var half = (Half)weight;
                if (Half.IsInfinity(half) && tensor.Type != TensorType.F16)
                    throw new ModelFormatException($"Tensor '{tensor.Name}': the weight {weight} is beyond the range of float16, in which its transpose is kept.");
                ((Half*)destination)[index] = half;
                break;
        }
    }
}
