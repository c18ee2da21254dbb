namespace SeekSharp.Formats;

/// <summary>A read-only tensor: a name, a type, a shape, and the bytes it occupies in a mapped file or in memory.</summary>
/// <remarks>
/// The memory belongs to the <see cref="IWeightSource"/> that handed the tensor out and is valid while that source is not disposed.
/// The byte count always equals what type and shape ask for: sources check this before they create a tensor.
/// </remarks>
public sealed unsafe class Tensor
{
    private readonly byte* _data;
    private readonly Lazy<BlockScales>? _scales;

    internal Tensor(string name, TensorType type, int[] shape, byte* data, BlockScales? scales = null)
        : this(name, type, shape, data, scales is null ? null : new Lazy<BlockScales>(scales))
    {
    }

    /// <summary>Scales are read when first asked for: opening a model must not touch thousands of places in its files.</summary>
    internal Tensor(string name, TensorType type, int[] shape, byte* data, Lazy<BlockScales>? scales)
    {
        Name = name;
        Type = type;
        Shape = shape;
        _data = data;
        _scales = scales;
        ByteCount = TensorTypes.ByteCount(type, shape);
    }

    /// <summary>The name, as the source spells it.</summary>
    public string Name { get; }

    /// <summary>How the numbers are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Lengths of the dimensions, outermost first; the last one is contiguous. A matrix is [rows, columns] = [outputs, inputs].</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of bytes of the data.</summary>
    public long ByteCount { get; }

    /// <summary>Number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, length) => product * length);

    /// <summary>For <see cref="TensorType.F8E4M3"/>: the scale of each block; otherwise null.</summary>
    internal BlockScales? Scales => _scales?.Value;

    /// <summary>Start of the data.</summary>
    internal byte* Data => _data;

    /// <summary>The slice <paramref name="index"/> along the outermost dimension, without copying.</summary>
    /// <param name="index">Which slice, 0 to Shape[0] - 1.</param>
    /// <returns>A tensor of one dimension less on the same memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such slice.</exception>
    /// <exception cref="InvalidOperationException">The tensor has fewer than two dimensions, or block scales.</exception>
    public Tensor Slice(int index)
    {
        if (Shape.Count < 2 || _scales is not null) throw new InvalidOperationException($"Tensor '{Name}' cannot be sliced.");
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Shape[0]);
        int[] shape = [.. Shape.Skip(1)];
        return new Tensor($"{Name}[{index}]", Type, shape, _data + index * TensorTypes.ByteCount(Type, shape));
    }

    /// <summary>The matrix of one expert of a stacked tensor [experts, rows, columns].</summary>
    /// <param name="expert">Which expert.</param>
    /// <param name="source">Where the tensor is from, for the message.</param>
    /// <exception cref="ModelFormatException">The tensor is not stacked, or has no such expert.</exception>
    internal Tensor ExpertMatrix(int expert, string source)
    {
        if (Shape.Count != 3) throw new ModelFormatException($"{source}: tensor '{Name}' does not hold one matrix per expert.");
        if (expert < 0 || expert >= Shape[0])
            throw new ModelFormatException($"{source}: tensor '{Name}' has {Shape[0]} experts, there is no expert {expert}.");
        return Slice(expert);
    }

    /// <summary>Some rows of a matrix, without copying.</summary>
    internal Tensor Rows(int first, int count)
    {
        long rowBytes = TensorTypes.ByteCount(Type, [Shape[1]]);
        BlockScales? scales = Scales is null ? null : Scales with { FirstRow = Scales.FirstRow + first };
        return new Tensor($"{Name}[{first}..{first + count}]", Type, [count, Shape[1]], _data + first * rowBytes, scales);
    }
}

/// <summary>The scales of a tensor in <see cref="TensorType.F8E4M3"/>: one float32 per block of rows x columns, ragged at the edges.</summary>
/// <param name="Values">Scales, row-major over blocks: [ceil(rows / BlockRows), ceil(columns / BlockColumns)].</param>
/// <param name="BlockRows">Rows that share a scale (DeepSeek: 128).</param>
/// <param name="BlockColumns">Columns that share a scale (DeepSeek: 128).</param>
/// <param name="FirstRow">Row of the whole matrix at which the tensor starts.</param>
internal sealed record BlockScales(float[] Values, int BlockRows, int BlockColumns, int FirstRow = 0);
