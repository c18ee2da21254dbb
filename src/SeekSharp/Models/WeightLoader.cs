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
/// <param name="packed">The packed weights, or null while they are planned: what is handed out then must not be read.</param>
internal sealed unsafe class WeightLoader(IWeightSource source, string sourceName, bool expandToFloat32, PackedWeights? packed)
{
    /// <summary>Matrices from this size on start at a page, so that each can be read and given back alone.</summary>
    private const long LargeMatrix = 64 << 10;

    private const long Page = 4096;

    private readonly List<PackingJob> _jobs = [];
    private readonly List<ExpertPlaces> _expertLayers = [];
    private long _end = PackedHeader.ByteCount;

    /// <summary>Everything that is to be packed, in the order of its place.</summary>
    public IReadOnlyList<PackingJob> Jobs => _jobs;

    /// <summary>Where the routed experts of each layer are that has any.</summary>
    public IReadOnlyList<ExpertPlaces> ExpertLayers => _expertLayers;

    /// <summary>Bytes of all packed weights, in whole pages; the first ones are left free for the header of a file.</summary>
    public long ByteCount => Align(_end, Page);

    /// <summary>A matrix [rows, columns].</summary>
    public PackedMatrix Matrix(string name, int rows, int columns) => Pack(Require(name, null, rows, columns));

    /// <summary>The routed experts of a layer: gate and up [width, hidden], down [hidden, width] of each.</summary>
    public IExperts Experts(string block, int count, int width, int hidden)
    {
        var places = new List<PackedPlace>();
        for (int expert = 0; expert < count; expert++)
        {
            places.Add(Place(Require(block + "ffn_gate_exps.weight", expert, width, hidden), isRoutedExpert: true));
            places.Add(Place(Require(block + "ffn_up_exps.weight", expert, width, hidden), isRoutedExpert: true));
            places.Add(Place(Require(block + "ffn_down_exps.weight", expert, hidden, width), isRoutedExpert: true));
        }

        _expertLayers.Add(new ExpertPlaces(places));
        if (packed is StreamedWeights streamed) return new StreamedExperts(streamed.Layer(_expertLayers.Count - 1));
        var experts = new FeedForwardWeights[count];
        for (int expert = 0, i = 0; expert < count; expert++, i += ExpertPlaces.PerExpert) experts[expert] = new FeedForwardWeights(At(places[i]), At(places[i + 1]), At(places[i + 2]));
        return new ResidentExperts(experts);
    }

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
        return (float*)At(Place(tensor, TensorType.F32, false, false, bytes, 1, (_, destination) => Dequantizer.ToFloat32(tensor, new Span<float>(destination, length))));
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

    private PackedMatrix Pack(Tensor tensor) => At(Place(tensor, isRoutedExpert: false));

    private PackedPlace Place(Tensor tensor, bool isRoutedExpert)
    {
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        bool isExpanded = expandToFloat32 && tensor.Type != TensorType.F32;
        TensorType type = isExpanded ? TensorType.F32 : tensor.Type;
        int groups = PackedMatrix.RowGroupsOf(rows);
        long offset = Place(tensor, type, false, isRoutedExpert, PackedMatrix.PackedBytes(type, rows, columns) / groups, groups, (group, destination) =>
        {
            if (isExpanded) PackExpandedGroup(tensor, group, destination);
            else PackedMatrix.PackGroup(tensor, group, destination);
        });
        return new PackedPlace(offset, type, rows, columns);
    }

    private PackedMatrix Transpose(Tensor tensor)
    {
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        bool isExpanded = expandToFloat32 && tensor.Type != TensorType.F32;
        TensorType source = isExpanded ? TensorType.F32 : tensor.Type, type = PackedMatrix.TransposedType(source);
        long offset = Place(tensor, type, true, false, PackedMatrix.PackedTransposedBytes(source, rows, columns), 1, (_, destination) =>
        {
            using AlignedBuffer? buffer = isExpanded ? new AlignedBuffer(tensor.ElementCount * sizeof(float)) : null;
            PackedMatrix.PackTransposed(buffer is null ? tensor : Expand(tensor, buffer), 0, rows, destination);
        });
        return At(new PackedPlace(offset, type, columns, rows));
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

    private byte* At(long offset) => packed is null ? (byte*)offset : packed.At(offset);

    private PackedMatrix At(PackedPlace place) => PackedMatrix.At(place.Type, place.Rows, place.Columns, At(place.Offset));

    /// <summary>Gives a matrix or vector its place: the next one.</summary>
    private long Place(Tensor tensor, TensorType type, bool isTransposed, bool isRoutedExpert, long unitBytes, int unitCount, PackUnit pack)
    {
        long bytes = unitBytes * unitCount, offset = Align(_end, bytes >= LargeMatrix ? Page : Lines.LineBytes);
        _end = offset + bytes;
        if (packed is null) _jobs.Add(new PackingJob(tensor, type, isTransposed, isRoutedExpert, offset, unitBytes, unitCount, pack));
        return offset;
    }

    private static long Align(long offset, long alignment) => (offset + alignment - 1) & -alignment;
}
