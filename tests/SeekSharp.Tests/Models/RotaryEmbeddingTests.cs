using SeekSharp.Formats;
using SeekSharp.Models;

namespace SeekSharp.Tests.Models;

/// <summary>Frequencies and scales of RoPE against numbers worked out from the papers.</summary>
public sealed unsafe class RotaryEmbeddingTests
{
    private static readonly ModelConfig V3 = new()
    {
        Architecture = Architecture.DeepSeek, LayerCount = 1, HiddenSize = 64, FeedForwardSize = 64, VocabularySize = 16, ContextLength = 163840,
        HeadCount = 2, KeyValueHeadCount = 2, HeadDimension = 192, NormEpsilon = 1e-6f, RotaryBase = 10000, RotaryPairing = RotaryPairing.Interleaved,
        RotaryScaling = new RotaryScaling.Yarn(40, 4096, 32, 1, 0.1f, 1),
        LatentAttention = new LatentAttentionConfig(1536, 512, 128, 64, 128),
    };

    /// <summary>The ramp of V3 runs from pair 10 to pair 23 of 32: up to 10 a frequency is kept, from 23 on it is divided by 40.</summary>
    [Fact]
    public void YarnOfV3RampsFromPair10ToPair23()
    {
        float[] frequencies = RotaryEmbedding.Frequencies(V3);
        Assert.Equal(32, frequencies.Length);
        for (int pair = 0; pair < 32; pair++)
        {
            double plain = Math.Pow(10000, -pair / 32.0);
            double ramp = Math.Clamp((pair - 10) / 13.0, 0, 1);
            AssertClose(plain * (1 - ramp) + plain / 40 * ramp, frequencies[pair]);
        }

        Assert.NotEqual(Math.Pow(10000, -11 / 32.0), frequencies[11], 1e-4);
        Assert.NotEqual(Math.Pow(10000, -22 / 32.0) / 40, frequencies[22], 1e-5);
    }

    /// <summary>192^-0.5 x (0.1 ln 40 + 1)².</summary>
    [Fact]
    public void SoftmaxScaleOfV3() => Assert.Equal(0.1352338f, MultiHeadLatentAttention.SoftmaxScale(V3), 5e-8f);

    [Fact]
    public void SoftmaxScaleWithoutYarnIsTheRootOfTheHeadDimension() =>
        Assert.Equal(0.0721688f, MultiHeadLatentAttention.SoftmaxScale(V3 with { RotaryScaling = null }), 5e-8f);

    /// <summary>V2: 0.0707 ln 40 + 1 = 1.2608 (DeepSeek-V2 §3.1.4).</summary>
    [Fact]
    public void SoftmaxScaleOfV2() => Assert.Equal(
        1.2608 * 1.2608 / Math.Sqrt(192), MultiHeadLatentAttention.SoftmaxScale(V3 with { RotaryScaling = new RotaryScaling.Yarn(40, 4096, 32, 1, 0.0707f, 1) }), 1e-5);

    [Fact]
    public void LinearScalingDividesEveryFrequency()
    {
        float[] plain = RotaryEmbedding.Frequencies(V3 with { RotaryScaling = null });
        float[] scaled = RotaryEmbedding.Frequencies(V3 with { RotaryScaling = new RotaryScaling.Linear(8) });
        Assert.Equal(1, plain[0]);
        AssertClose(Math.Pow(10000, -31 / 32.0), plain[31]);
        for (int pair = 0; pair < plain.Length; pair++) AssertClose(plain[pair] / 8.0, scaled[pair]);
    }

    [Fact]
    public void PerFrequencyScalingDividesEachByItsOwnFactor()
    {
        float[] plain = RotaryEmbedding.Frequencies(V3 with { RotaryScaling = null });
        float[] factors = [.. Enumerable.Range(0, 32).Select(i => 1 + i / 4f)];
        float[] scaled = RotaryEmbedding.Frequencies(V3 with { RotaryScaling = new RotaryScaling.PerFrequency(factors) });
        for (int pair = 0; pair < plain.Length; pair++) AssertClose((double)plain[pair] / factors[pair], scaled[pair]);
    }

    [Theory]
    [InlineData(RotaryPairing.Interleaved, 0, 1, 2, 3)]
    [InlineData(RotaryPairing.Halves, 0, 2, 1, 3)]
    public void PairsAreTurnedByPositionTimesFrequency(RotaryPairing pairing, int x0, int y0, int x1, int y1)
    {
        ModelConfig config = V3 with
        {
            Architecture = Architecture.Llama, LatentAttention = null, HeadDimension = 4, RotaryPairing = pairing, RotaryScaling = null, RotaryBase = 100,
        };
        float[] vector = [0.3f, -1.2f, 2.5f, 0.7f], turned = [.. vector];
        float* cosines = stackalloc float[2], sines = stackalloc float[2];
        var rotary = new RotaryEmbedding(config);
        rotary.Prepare([5], cosines, sines);
        fixed (float* pointer = turned) rotary.Apply(pointer, cosines, sines);

        AssertTurned(5, x0, y0);
        AssertTurned(5 * Math.Pow(100, -0.5), x1, y1);

        void AssertTurned(double angle, int x, int y)
        {
            Assert.Equal(vector[x] * Math.Cos(angle) - vector[y] * Math.Sin(angle), turned[x], 1e-6);
            Assert.Equal(vector[x] * Math.Sin(angle) + vector[y] * Math.Cos(angle), turned[y], 1e-6);
        }
    }

    /// <summary>Other families multiply cos and sin with 0.1 ln(factor) + 1.</summary>
    [Fact]
    public void RotationMagnitudeMultipliesTheVector()
    {
        ModelConfig config = V3 with { RotaryScaling = new RotaryScaling.Yarn(4, 4096, 32, 1, 0, 1.1386294f) };
        float* cosines = stackalloc float[64], sines = stackalloc float[64];
        new RotaryEmbedding(config).Prepare([0, 123456], cosines, sines);
        Assert.Equal(1.1386294f, cosines[0], 1e-7f);
        Assert.Equal(0, sines[0]);
        for (int i = 0; i < 64; i++) Assert.Equal(1.1386294, Math.Sqrt(cosines[i] * cosines[i] + sines[i] * sines[i]), 1e-6);
    }

    private static void AssertClose(double expected, float actual) => Assert.InRange(actual, expected * (1 - 1e-6), expected * (1 + 1e-6));
}
