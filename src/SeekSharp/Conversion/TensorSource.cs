using System.Numerics.Tensors;
using SeekSharp.Formats;
using SeekSharp.Quantization;
using Tensor = SeekSharp.Formats.Tensor;

namespace SeekSharp.Conversion;

/// <summary>The rows of a tensor that is to be written, wherever they come from. Several threads may read at once.</summary>
internal abstract class TensorSource
{
    /// <summary>Number of rows, through all outer dimensions.</summary>
    public abstract int Rows { get; }

    /// <summary>Weights of a row.</summary>
    public abstract int Columns { get; }

    /// <summary>Reads start and end at multiples of this number of rows.</summary>
    public virtual int Unit => 1;

    /// <summary>The type whose bytes <see cref="ReadBytes"/> gives, or null where rows can only be read as numbers.</summary>
    public abstract TensorType? StoredType { get; }

    /// <summary>Reads rows as float32.</summary>
    /// <param name="row">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination">One float per weight.</param>
    public abstract void ReadFloats(int row, int count, Span<float> destination);

    /// <summary>Reads rows as they are stored.</summary>
    /// <param name="row">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="destination">Their bytes in <see cref="StoredType"/>.</param>
    public abstract void ReadBytes(int row, int count, Span<byte> destination);

    /// <summary>Brings the bytes of rows into memory.</summary>
    public abstract void Prefetch(int row, int count);

    /// <summary>Says that rows are not read again.</summary>
    public abstract void Release(int row, int count);
}

/// <summary>A tensor of a file.</summary>
internal sealed unsafe class StoredTensor : TensorSource
{
    private const int MostColumns = 1 << 24;

    private readonly IWeightSource _file;
    private readonly Tensor _tensor;
    private readonly long _rowBytes;

    /// <summary>Wraps a tensor.</summary>
    /// <param name="file">Where it is from.</param>
    /// <param name="tensor">The tensor.</param>
    /// <exception cref="ModelFormatException">Its rows are longer, or more, than any model has.</exception>
    public StoredTensor(IWeightSource file, Tensor tensor)
    {
        _file = file;
        _tensor = tensor;
        Columns = tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1];
        long rows = tensor.ElementCount / Columns;
        if (Columns > MostColumns || rows > int.MaxValue)
            throw new ModelFormatException($"Tensor '{tensor.Name}' has {rows} rows of {Columns} weights, more than can be converted.");
        Rows = (int)rows;
        _rowBytes = TensorTypes.ByteCount(tensor.Type, [Columns]);
    }

    /// <inheritdoc/>
    public override int Rows { get; }

    /// <inheritdoc/>
    public override int Columns { get; }

    /// <inheritdoc/>
    public override TensorType? StoredType => _tensor.Type == TensorType.F8E4M3 ? null : _tensor.Type;

    /// <inheritdoc/>
    public override void ReadFloats(int row, int count, Span<float> destination)
    {
        FloatRows.Read(_tensor.Type, _tensor.Data + row * _rowBytes, destination[..(count * Columns)]);
        if (_tensor.Scales is not { } scales) return;
        int blocksPerRow = (Columns + scales.BlockColumns - 1) / scales.BlockColumns;
        for (int i = 0; i < count; i++)
        {
            int firstScale = (scales.FirstRow + row + i) / scales.BlockRows * blocksPerRow;
            for (int column = 0; column < Columns; column += scales.BlockColumns)
            {
                Span<float> run = destination.Slice(i * Columns + column, Math.Min(scales.BlockColumns, Columns - column));
                TensorPrimitives.Multiply(run, scales.Values[firstScale + column / scales.BlockColumns], run);
            }
        }
    }

    /// <inheritdoc/>
    public override void ReadBytes(int row, int count, Span<byte> destination) =>
        new ReadOnlySpan<byte>(_tensor.Data + row * _rowBytes, checked((int)(count * _rowBytes))).CopyTo(destination);

    /// <inheritdoc/>
    public override void Prefetch(int row, int count)
    {
        const int page = 4096;
        byte* first = _tensor.Data + row * _rowBytes, end = first + count * _rowBytes;
        for (byte* address = first; address < end; address += page) _ = Volatile.Read(ref *address);
    }

    /// <inheritdoc/>
    public override void Release(int row, int count) =>
        _file.Release(new Tensor(_tensor.Name, _tensor.Type, [count, Columns], _tensor.Data + row * _rowBytes));
}

/// <summary>Numbers that no file holds.</summary>
internal sealed class GeneratedTensor(float[] values) : TensorSource
{
    /// <inheritdoc/>
    public override int Rows => 1;

    /// <inheritdoc/>
    public override int Columns => values.Length;

    /// <inheritdoc/>
    public override TensorType? StoredType => null;

    /// <inheritdoc/>
    public override void ReadFloats(int row, int count, Span<float> destination) => values.CopyTo(destination);

    /// <inheritdoc/>
    public override void ReadBytes(int row, int count, Span<byte> destination) => throw new InvalidOperationException("These numbers have no bytes.");

    /// <inheritdoc/>
    public override void Prefetch(int row, int count) { }

    /// <inheritdoc/>
    public override void Release(int row, int count) { }
}

/// <summary>Rows of other tensors, chosen and ordered one by one: a part of a matrix, a permutation, a stack of experts.</summary>
/// <param name="parts">Tensors with rows of the same length and type.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="locate">For a row of this tensor: which part it is from, and which row of it.</param>
internal sealed class GatheredRows(IReadOnlyList<TensorSource> parts, int rows, Func<int, (int Part, int Row)> locate) : TensorSource
{
    /// <inheritdoc/>
    public override int Rows => rows;

    /// <inheritdoc/>
    public override int Columns { get; } = parts[0].Columns;

    /// <inheritdoc/>
    public override TensorType? StoredType { get; } = parts.All(part => part.StoredType == parts[0].StoredType) ? parts[0].StoredType : null;

    /// <summary>Tensors of the same shape one above the other.</summary>
    public static GatheredRows Stack(IReadOnlyList<TensorSource> parts)
    {
        int each = parts[0].Rows;
        return new GatheredRows(parts, checked(each * parts.Count), row => (row / each, row % each));
    }

    /// <summary>The rows of one tensor in another order, or some of them.</summary>
    public static GatheredRows Reorder(TensorSource source, int rows, Func<int, int> locate) => new([source], rows, row => (0, locate(row)));

    /// <inheritdoc/>
    public override void ReadFloats(int row, int count, Span<float> destination)
    {
        for (int i = 0; i < count;)
        {
            (TensorSource part, int first, int length) = Run(row + i, count - i);
            part.ReadFloats(first, length, destination.Slice(i * Columns, length * Columns));
            i += length;
        }
    }

    /// <inheritdoc/>
    public override void ReadBytes(int row, int count, Span<byte> destination)
    {
        int rowBytes = destination.Length / count;
        for (int i = 0; i < count;)
        {
            (TensorSource part, int first, int length) = Run(row + i, count - i);
            part.ReadBytes(first, length, destination.Slice(i * rowBytes, length * rowBytes));
            i += length;
        }
    }

    /// <inheritdoc/>
    public override void Prefetch(int row, int count) => ForEachRun(row, count, (part, first, length) => part.Prefetch(first, length));

    /// <inheritdoc/>
    public override void Release(int row, int count) => ForEachRun(row, count, (part, first, length) => part.Release(first, length));

    private void ForEachRun(int row, int count, Action<TensorSource, int, int> action)
    {
        for (int i = 0; i < count;)
        {
            (TensorSource part, int first, int length) = Run(row + i, count - i);
            action(part, first, length);
            i += length;
        }
    }

    /// <summary>The longest run of neighbouring rows of one part.</summary>
    private (TensorSource Part, int First, int Length) Run(int row, int most)
    {
        (int part, int first) = locate(row);
        int length = 1;
        while (length < most && locate(row + length) == (part, first + length)) length++;
        return (parts[part], first, length);
    }
}
