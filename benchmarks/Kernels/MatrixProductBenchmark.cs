using BenchmarkDotNet.Attributes;
using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.KernelBenchmarks;

/// <summary>
/// One matrix times the activations of some tokens, which are quantised first. The matrices of one token are cycled through half a gigabyte, so that they come from memory as
/// they do in decoding.
/// </summary>
public unsafe class MatrixProductBenchmark : IMeasuredWork
{
    private const int Rows = 2816, Columns = 2048;
    private readonly Product[] _list = new Product[1];
    private WorkerPool _pool = null!;
    private MatrixProducts _products = null!;
    private AlignedBuffer _weights = null!, _source = null!, _output = null!;
    private Activations _input = null!;
    private PackedMatrix[] _matrices = [];
    private int _next;

    [Params(TensorType.Q4_K, TensorType.Q5_0, TensorType.Q6_K, TensorType.Q8_0, TensorType.F16, TensorType.F32)]
    public TensorType Type { get; set; }

    [Params(1, 8, 48, 512)]
    public int Tokens { get; set; }

    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; }

    public static IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    Work IMeasuredWork.Work => new((double)Rows * Columns * Tokens, Type.BlockLength() > 1, PackedMatrix.PackedBytes(Type, Rows, Columns), Threads);

    [GlobalSetup]
    public void Setup()
    {
        long bytes = PackedMatrix.PackedBytes(Type, Rows, Columns);
        int count = (int)Math.Max(1, (Tokens == 1 ? 512L << 20 : 64L << 20) / bytes);
        _pool = new WorkerPool(Threads);
        _products = new MatrixProducts(_pool, KernelLevels.Best);
        _weights = new AlignedBuffer(bytes * count);
        using AlignedBuffer data = RandomData.Weights(Type, Rows, Columns);
        var tensor = new Tensor("random", Type, [Rows, Columns], data.Pointer);
        _matrices = [.. Enumerable.Range(0, count).Select(i => PackedMatrix.Pack(tensor, _weights.Pointer + i * bytes))];
        _source = RandomData.Floats((long)Tokens * Columns);
        _output = new AlignedBuffer((long)Tokens * Rows * sizeof(float));
        _input = new Activations(Tokens, Columns);
    }

    [Benchmark]
    public void Multiply()
    {
        _input.Set((float*)_source.Pointer, Columns, Tokens);
        _list[0] = new Product(_matrices[_next++ % _matrices.Length], _input, Tokens, (float*)_output.Pointer);
        _products.Run(_list);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _input.Dispose();
        _output.Dispose();
        _source.Dispose();
        _weights.Dispose();
        _products.Dispose();
        _pool.Dispose();
    }
}
