using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Brings a source's tensors into the form in which kernels read them. May be called from several threads.</summary>
/// <param name="source">The tensors.</param>
/// <param name="sourceName">What they come from, for messages.</param>
/// <param name="arena">Where the weights go.</param>
/// <param name="expandToFloat32">Whether quantised matrices are expanded.</param>
/// <param name="loaded">Told about the bytes of each tensor once it is loaded.</param>
internal sealed unsafe class WeightLoader(IWeightSource source, string sourceName, WeightArena arena, bool expandToFloat32, Action<long> loaded)
{
    /// <summary>A matrix [rows, columns].</summary>
    public PackedMatrix Matrix(string name, int rows, int columns, int? expert = null) => Pack(Require(name, expert, rows, columns));

    /// <summary>A matrix, or null where the source has none of that name.</summary>
    public PackedMatrix? FindMatrix(string name, int rows, int columns) => Has(name) ? Matrix(name, rows, columns) : null;

    /// <summary>The matrices of a stack [count, rows, columns].</summary>
    public PackedMatrix[] Stack(string name, int count, int rows, int columns)
    {
        Tensor stack = Require(name, null, count, rows, columns);
        var matrices = new PackedMatrix[count];
        for (int i = 0; i < count; i++) matrices[i] = Pack(stack.Slice(i));
        return matrices;
    }

    /// <summary>The transposes [columns, rows] of a stack [count, rows, columns].</summary>
    public PackedMatrix[] TransposedStack(string name, int count, int rows, int columns)
    {
        Tensor stack = Require(name, null, count, rows, columns);
        var matrices = new PackedMatrix[count];
        for (int i = 0; i < count; i++) matrices[i] = Transpose(stack.Slice(i), 0, rows);
        return matrices;
    }

    /// <summary>Some rows of a matrix [allRows, columns], as they are.</summary>
    public PackedMatrix Rows(string name, int allRows, int columns, int firstRow, int rowCount) =>
        Pack(Require(name, null, allRows, columns).Rows(firstRow, rowCount));

    /// <summary>The transpose [columns, rowCount] of some rows of a matrix [allRows, columns].</summary>
    public PackedMatrix TransposedRows(string name, int allRows, int columns, int firstRow, int rowCount) =>
        Transpose(Require(name, null, allRows, columns), firstRow, rowCount);

    /// <summary>Whether the source has a tensor.</summary>
    public bool Has(string name) => source.Find(name) is not null;

    /// <summary>A vector in float32.</summary>
    public float* Vector(string name, int length)
    {
        Tensor tensor = Require(name, null, length);
        float* values = (float*)arena.Allocate((long)length * sizeof(float));
        Dequantizer.ToFloat32(tensor, new Span<float>(values, length));
        loaded(tensor.ByteCount);
        return values;
    }

    /// <summary>A vector, or null where the source has none of that name.</summary>
    public float* FindVector(string name, int length) => Has(name) ? Vector(name, length) : null;

    /// <summary>Weights of an RMS norm.</summary>
    public NormWeight Norm(string name, int length, float epsilon) => new(Vector(name, length), length, epsilon);

    private Tensor Require(string name, int? expert, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = source.Find(name, expert) ?? throw new ModelFormatException(
            $"{sourceName}: tensor '{name}'{(expert is null ? "" : $" of expert {expert}")} is missing.");
        if (!shape.SequenceEqual([.. tensor.Shape]))
            throw new ModelFormatException($"{sourceName}: tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], not [{string.Join(", ", shape.ToArray())}].");
        return tensor;
    }

    private PackedMatrix Pack(Tensor tensor)
    {
        (int rows, int columns) = (tensor.Shape[0], tensor.Shape[1]);
        PackedMatrix packed = expandToFloat32 && tensor.Type != TensorType.F32
            ? WithExpanded(tensor, expanded => PackAs(expanded, rows, columns))
            : PackAs(tensor, rows, columns);
        Done(tensor, tensor.ByteCount);
        return packed;
    }

    private PackedMatrix PackAs(Tensor tensor, int rows, int columns) =>
        PackedMatrix.Pack(tensor, arena.Allocate(PackedMatrix.PackedBytes(tensor.Type, rows, columns)));

    private PackedMatrix Transpose(Tensor tensor, int firstRow, int rowCount)
    {
        PackedMatrix packed = expandToFloat32 && tensor.Type != TensorType.F32
            ? WithExpanded(tensor, expanded => TransposeAs(expanded, firstRow, rowCount))
            : TransposeAs(tensor, firstRow, rowCount);
        Done(tensor, tensor.ByteCount / tensor.Shape[0] * rowCount);
        return packed;
    }

    private PackedMatrix TransposeAs(Tensor tensor, int firstRow, int rowCount) =>
        PackedMatrix.PackTransposed(tensor, firstRow, rowCount, arena.Allocate(PackedMatrix.PackedTransposedBytes(tensor.Type, rowCount, tensor.Shape[1])));

    private static PackedMatrix WithExpanded(Tensor tensor, Func<Tensor, PackedMatrix> pack)
    {
        using var buffer = new AlignedBuffer(tensor.ElementCount * sizeof(float));
        Dequantizer.ToFloat32(tensor, buffer.AsSpan<float>()[..checked((int)tensor.ElementCount)]);
        return pack(new Tensor(tensor.Name, TensorType.F32, [.. tensor.Shape], buffer.Pointer));
    }

    private void Done(Tensor tensor, long byteCount)
    {
        source.Release(tensor);
        loaded(byteCount);
    }
}
