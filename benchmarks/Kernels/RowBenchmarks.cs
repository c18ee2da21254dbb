using BenchmarkDotNet.Attributes;
using SeekSharp.Kernels;
using SeekSharp.Models;

namespace SeekSharp.KernelBenchmarks;

/// <summary>The operations on rows of activations, on one thread, for 512 tokens of DeepSeek-V2-Lite.</summary>
public abstract unsafe class RowBenchmark : IMeasuredWork
{
    protected const int Rows = 512;
    private protected AlignedBuffer First = null!, Second = null!;

    private protected static VectorOperations Operations { get; } = VectorOperations.For(KernelLevels.Best);

    /// <summary>Length of a row.</summary>
    protected abstract int Length { get; }

    /// <summary>Floats that an element needs read and written.</summary>
    protected abstract int FloatsPerElement { get; }

    Work IMeasuredWork.Work => new(0, false, (double)Rows * Length * FloatsPerElement * sizeof(float), 1);

    [GlobalSetup]
    public virtual void Setup()
    {
        First = RandomData.Floats((long)Rows * Length);
        Second = RandomData.Floats((long)Rows * Length);
    }

    [GlobalCleanup]
    public virtual void Cleanup()
    {
        First.Dispose();
        Second.Dispose();
    }

    private protected float* Row(AlignedBuffer buffer, int row) => (float*)buffer.Pointer + (long)row * Length;
}

public unsafe class RmsNormBenchmark : RowBenchmark
{
    private AlignedBuffer _weight = null!;

    protected override int Length => 2048;

    protected override int FloatsPerElement => 2;

    public override void Setup()
    {
        base.Setup();
        _weight = RandomData.Floats(Length);
    }

    [Benchmark]
    public void RmsNorm()
    {
        for (int row = 0; row < Rows; row++) Operations.RmsNorm(Row(First, row), (float*)_weight.Pointer, Row(Second, row), Length, 1e-6f);
    }

    public override void Cleanup()
    {
        base.Cleanup();
        _weight.Dispose();
    }
}

public unsafe class SwiGluBenchmark : RowBenchmark
{
    protected override int Length => 2816;

    protected override int FloatsPerElement => 3;

    [Benchmark]
    public void SwiGlu()
    {
        for (int row = 0; row < Rows; row++) Operations.SwiGlu(Row(First, row), Row(Second, row), Length);
    }
}

public unsafe class AddScaledBenchmark : RowBenchmark
{
    protected override int Length => 2048;

    protected override int FloatsPerElement => 3;

    [Benchmark]
    public void AddScaled()
    {
        for (int row = 0; row < Rows; row++) Operations.AddScaled(Row(First, row), Row(Second, row), 1e-3f, Length);
    }
}

/// <summary>float32 to int8 with scales and sums; only what is read is counted.</summary>
public unsafe class ActivationQuantizerBenchmark : RowBenchmark
{
    private QuantizedRows _quantized = null!;

    protected override int Length => 2048;

    protected override int FloatsPerElement => 1;

    public override void Setup()
    {
        base.Setup();
        _quantized = new QuantizedRows(Rows, Length);
    }

    [Benchmark]
    public void Quantize()
    {
        for (int row = 0; row < Rows; row++) ActivationQuantizer.Quantize(Row(First, row), Length, _quantized.Row(row));
    }

    public override void Cleanup()
    {
        base.Cleanup();
        _quantized.Dispose();
    }
}

/// <summary>RoPE of 16 heads of 64; angles are prepared once per token.</summary>
public unsafe class RotaryBenchmark : RowBenchmark
{
    private const int Heads = 16, Dimension = 64;
    private readonly int[] _positions = [.. Enumerable.Range(0, Rows)];
    private RotaryEmbedding _rotary = null!;
    private AlignedBuffer _angles = null!;

    protected override int Length => Heads * Dimension;

    protected override int FloatsPerElement => 2;

    public override void Setup()
    {
        base.Setup();
        _rotary = new RotaryEmbedding(AttentionBenchmark.Config("latent"));
        _angles = new AlignedBuffer(2L * Rows * _rotary.PairCount * sizeof(float));
    }

    [Benchmark]
    public void Rotate()
    {
        int pairs = _rotary.PairCount;
        float* cosines = (float*)_angles.Pointer, sines = cosines + Rows * pairs;
        _rotary.Prepare(_positions, cosines, sines);
        for (int row = 0; row < Rows; row++)
            for (int head = 0; head < Heads; head++) _rotary.Apply(Row(First, row) + head * Dimension, cosines + row * pairs, sines + row * pairs);
    }

    public override void Cleanup()
    {
        base.Cleanup();
        _angles.Dispose();
    }
}
