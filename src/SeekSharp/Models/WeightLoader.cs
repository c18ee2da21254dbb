using SeekSharp.Formats;
using SeekSharp.Kernels;
using SeekSharp.Weights;

namespace SeekSharp.Models;

/// <summary>
/// Gives a model its weights in the form in which kernels read them. The same builder runs twice: first with a loader that has no memory yet, which finds out
/// what is to be packed and where it goes (<see cref="Jobs"/>), then with one that points into the packed weights.
/// </summary>
/// <param name="source">The tensors.</param>
/// <param name="sourceName">What they come from, for messages.</param>
/// <param name="expandToFloat32">Whether quantised matrices are expanded.</param>
/// <param name="start">Start of the packed weights, or null while they are planned: what is handed out then must not be read.</param>
internal sealed unsafe class WeightLoader(IWeightSource source, string sourceName, bool expandToFloat32, byte* start)
{
    /// <summary>Matrices from this size on start at a page, so that each can be read and given back alone.</summary>
    private const long LargeMatrix = 1 << 20;

    private const long Page = 4096;

    private readonly List<PackingJob> _jobs = [];

    /// <summary>Everything that is to be packed, in the order of its place.</summary>
    public IReadOnlyList<PackingJob> Jobs => _jobs;

    /// <summary>Bytes of all packed weights; the first ones are left free for the header of a file.</summary>
    public long ByteCount { get; private set; } = PackedHeader.ByteCount;

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
        long bytes = Align((long)length * sizeof(float), Lines.LineBytes);
        return (float*)Place(tensor, TensorType.F32, false, bytes, 1, (_, destination) => Dequantizer.ToFloat32(tensor, new Span<float>(destination, length)));
    }

    /// <summary>A few numbers that are wanted at once, read from the source.</summary>
    public float[] Values(string name, int length)
    {
        Tensor tensor = Require(name, null, length);
        var values = new float[length];
        Dequantizer.ToFloat32(tensor, values);
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

    private PackedMatrix Pack(Tensor tensor)
    {
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        bool isExpanded = expandToFloat32 && tensor.Type != TensorType.F32;
        TensorType type = isExpanded ? TensorType.F32 : tensor.Type;
        int groups = PackedMatrix.RowGroupsOf(rows);
        byte* data = Place(tensor, type, false, PackedMatrix.PackedBytes(type, rows, columns) / groups, groups, (group, destination) =>
        {
            if (isExpanded) PackExpandedGroup(tensor, group, destination);
            else PackedMatrix.PackGroup(tensor, group, destination);
        });
        return PackedMatrix.At(type, rows, columns, data);
    }

    private PackedMatrix Transpose(Tensor tensor)
    {
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        bool isExpanded = expandToFloat32 && tensor.Type != TensorType.F32;
        TensorType source = isExpanded ? TensorType.F32 : tensor.Type, type = PackedMatrix.TransposedType(source);
        byte* data = Place(tensor, type, true, PackedMatrix.PackedTransposedBytes(source, rows, columns), 1, (_, destination) =>
        {
            using AlignedBuffer? buffer = isExpanded ? new AlignedBuffer(tensor.ElementCount * sizeof(float)) : null;
            PackedMatrix.PackTransposed(buffer is null ? tensor : Expand(tensor, buffer), 0, rows, destination);
        });
        return PackedMatrix.At(type, columns, rows, data);
    }

    private static void PackExpandedGroup(Tensor tensor, int group, byte* destination)
    {
        int firstRow = group * Lines.Rows;
        Tensor rows = tensor.Rows(firstRow, Math.Min(Lines.Rows, tensor.Shape[0] - firstRow));
        using var buffer = new AlignedBuffer(rows.ElementCount * sizeof(float));
        PackedMatrix.PackGroup(Expand(rows, buffer), 0, destination);
    }

    private static Tensor Expand(Tensor tensor, AlignedBuffer buffer)
    {
        Dequantizer.ToFloat32(tensor, buffer.AsSpan<float>()[..checked((int)tensor.ElementCount)]);
        return new Tensor(tensor.Name, TensorType.F32, [.. tensor.Shape], buffer.Pointer);
    }

    private byte* Place(Tensor tensor, TensorType type, bool isTransposed, long unitBytes, int unitCount, PackUnit pack)
    {
        long bytes = unitBytes * unitCount, offset = Align(ByteCount, bytes >= LargeMatrix ? Page : Lines.LineBytes);
        ByteCount = offset + bytes;
        if (start is null) _jobs.Add(new PackingJob(tensor, type, isTransposed, offset, unitBytes, unitCount, pack));
        return start + offset;
    }

    private static long Align(long offset, long alignment) => (offset + alignment - 1) & -alignment;
}
