using System.Diagnostics;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Planning.Machine;

/// <summary>Times short lists of matrix products with the engine's own kernels. The matrices are many, so that they come from memory as they do in a pass.</summary>
internal sealed unsafe class ProductProbe : IDisposable
{
    private const double SecondsPerProbe = 0.12;
    private const int FewestRuns = 5;

    private readonly WorkerPool _pool;
    private readonly MatrixProducts _products;
    private readonly AlignedBuffer _memory;
    private readonly Dictionary<(MatrixKind, int, int), double> _known = [];
    private (TensorType, int, int) _packed;
    private PackedMatrix[] _matrices = [];

    /// <param name="pool">The threads.</param>
    /// <param name="level">Kernels.</param>
    /// <param name="memory">Where matrices are put: far more than any cache.</param>
    public ProductProbe(WorkerPool pool, KernelLevel level, AlignedBuffer memory)
    {
        (_pool, _memory) = (pool, memory);
        _products = new MatrixProducts(pool, level);
    }

    /// <summary>Median seconds of a list of products.</summary>
    /// <param name="kind">The matrices.</param>
    /// <param name="matrices">Products of the list, each with another matrix.</param>
    /// <param name="tokens">Rows that each product multiplies.</param>
    public double Seconds(MatrixKind kind, int matrices, int tokens)
    {
        if (_known.TryGetValue((kind, matrices, tokens), out double known)) return known;
        int rows = MostRows(kind);
        double median = Measure(kind with { Rows = rows }, matrices, tokens) * kind.Rows / rows;
        _known.Add((kind, matrices, tokens), median);
        return median;
    }

    /// <summary>Forgets what was measured: the first times are those of code that the compiler has yet to replace.</summary>
    public void Forget() => _known.Clear();

    /// <inheritdoc/>
    public void Dispose() => _products.Dispose();

    /// <summary>Rows of a matrix that is measured instead of a very large one.</summary>
    private int MostRows(MatrixKind kind)
    {
        long group = PackedMatrix.PackedBytes(kind.Type, Lines.Rows, kind.Columns);
        return (int)Math.Min(kind.Rows, Math.Max(1, _memory.ByteCount / 2 / group) * Lines.Rows);
    }

    private double Measure(MatrixKind kind, int matrices, int tokens)
    {
        Pack(kind);
        int inList = Math.Min(matrices, Math.Max(_matrices.Length, 1));
        using var source = new AlignedBuffer((long)tokens * kind.Columns * sizeof(float));
        using var output = new AlignedBuffer((long)inList * tokens * kind.Rows * sizeof(float));
        using var input = new Activations(tokens, kind.Columns);
        var random = new Random(1);
        foreach (ref float value in source.AsSpan<float>()) value = random.NextSingle() - 0.5f;
        var list = new Product[inList];
        List<double> seconds = [];
        int next = 0;
        long start = Stopwatch.GetTimestamp();
        while (seconds.Count < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerProbe)
        {
            long run = Stopwatch.GetTimestamp();
            input.Set((float*)source.Pointer, kind.Columns, tokens);
            for (int i = 0; i < list.Length; i++)
                list[i] = new Product(_matrices[next++ % _matrices.Length], input, tokens, (float*)output.Pointer + ((long)i * tokens * kind.Rows));
            _products.Run(list);
            seconds.Add(Stopwatch.GetElapsedTime(run).TotalSeconds);
        }

        return seconds.Order().ElementAt(seconds.Count / 2) * matrices / inList;
    }

    /// <summary>Fills the memory with matrices; all have the same random weights.</summary>
    private void Pack(MatrixKind kind)
    {
        if (_packed == (kind.Type, kind.Rows, kind.Columns)) return;
        long bytes = PackedMatrix.PackedBytes(kind.Type, kind.Rows, kind.Columns);
        using var data = new AlignedBuffer(TensorTypes.ByteCount(kind.Type, [kind.Rows, kind.Columns]));
        new Random(7).NextBytes(data.AsSpan<byte>());
        // Without the top bit of the exponent every float and every scale is finite, in each format.
        foreach (ref byte value in data.AsSpan<byte>()) value &= 0xbf;
        var first = PackedMatrix.Pack(new Tensor("random", kind.Type, [kind.Rows, kind.Columns], data.Pointer), _memory.Pointer);
        int count = (int)Math.Min(_memory.ByteCount / bytes, 1 << 16);
        _matrices = [.. Enumerable.Range(0, count).Select(i => PackedMatrix.At(first.Type, first.Rows, first.Columns, _memory.Pointer + (i * bytes)))];
        _pool.Run(worker =>
        {
            for (int i = 1 + worker; i < count; i += _pool.ThreadCount) Buffer.MemoryCopy(_memory.Pointer, _memory.Pointer + (i * bytes), bytes, bytes);
        });
        _packed = (kind.Type, kind.Rows, kind.Columns);
    }
}
