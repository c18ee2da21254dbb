using BenchmarkDotNet.Attributes;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.KernelBenchmarks;

/// <summary>The choice of one token out of 102,400.</summary>
public class SamplerBenchmark : IMeasuredWork
{
    private const int Vocabulary = 102_400;
    private AlignedBuffer _logits = null!;
    private Sampler _sampler = null!;

    /// <summary>0: the most probable; above: softmax, top-p of 0.95.</summary>
    [Params(0f, 0.6f)]
    public float Temperature { get; set; }

    Work IMeasuredWork.Work => new(0, false, Vocabulary * sizeof(float), 1);

    [GlobalSetup]
    public void Setup()
    {
        _logits = RandomData.Floats(Vocabulary);
        foreach (ref float value in _logits.AsSpan<float>()) value *= 20;
        _sampler = new Sampler(new SamplerOptions { Temperature = Temperature, TopP = 0.95f, Seed = 1 }, Vocabulary);
    }

    [Benchmark]
    public int Sample() => _sampler.Sample(_logits.AsSpan<float>());

    [GlobalCleanup]
    public void Cleanup() => _logits.Dispose();
}
