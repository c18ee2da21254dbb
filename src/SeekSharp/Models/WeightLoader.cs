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
        for (int i = 0; i < count; i++) matrices[i] = Transpose(stack.Slice(i));
        return matrices;
    }

    /// <summary>Some rows of a matrix [allRows, columns], as they are.</summary>
    public PackedMatrix Rows(string name, int allRows, int columns, int firstRow, int rowCount) =>
        Pack(Require(name, null, allRows, columns).Rows(firstRow, rowCount));

    /// <summary>The transpose [columns, rowCount] of some rows of a matrix [allRows, columns].</summary>
    public PackedMatrix TransposedRows(string name, int allRows, int columns, int firstRow, int rowCount) =>
        Transpose(Require(name, null, allRows, columns).Rows(firstRow, rowCount));

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

    private PackedMatrix Pack(Tensor tensor) => Load(tensor, matrix =>
        PackedMatrix.Pack(matrix, arena.Allocate(PackedMatrix.PackedBytes(matrix.Type, matrix.Shape[0], matrix.Shape[1]))));

    private PackedMatrix Transpose(Tensor tensor) => Load(tensor, matrix =>
        PackedMatrix.PackTransposed(matrix, 0, matrix.Shape[0], arena.Allocate(PackedMatrix.PackedTransposedBytes(matrix.Type, matrix.Shape[0], matrix.Shape[1]))));

    /// <summary>Packs a matrix, expanded first where that is asked for.</summary>
    private PackedMatrix Load(Tensor tensor, Func<Tensor, PackedMatrix> pack)
    {
        PackedMatrix packed = expandToFloat32 && tensor.Type != TensorType.F32 ? PackExpanded(tensor, pack) : pack(tensor);
        source.Release(tensor);
        loaded(tensor.ByteCount);
        return packed;
    }

    private static PackedMatrix PackExpanded(Tensor tensor, Func<Tensor, PackedMatrix> pack)
    {
        using var buffer = new AlignedBuffer(tensor.ElementCount * sizeof(float));
        Dequantizer.ToFloat32(tensor, buffer.AsSpan<float>()[..checked((int)tensor.ElementCount)]);
        return pack(new Tensor(tensor.Name, TensorType.F32, [.. tensor.Shape], buffer.Pointer));
    }
}
