using SeekSharp.Formats;
using SeekSharp.Quantization;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Tests.Quantization;

/// <summary>The quantisers beside llama.cpp's: the fixtures are what its quantiser made of tiny-v3-F32.gguf.</summary>
public sealed class RowQuantizerTests
{
    [Theory]
    [InlineData("Q8_0")]
    [InlineData("Q6_K")]
    [InlineData("Q4_K_M")]
    public void Tensors_are_those_of_llama_cpp(string name)
    {
        FileType type = Enum.Parse<FileType>(name);
        using GgufFile exact = GgufFile.Open(Fixtures.Path("tiny-v3-F32.gguf"));
        using GgufFile fixture = GgufFile.Open(Fixtures.Path($"tiny-v3-{name}.gguf"));
        QuantizationRecipe recipe = new(type, exact.Config, exact.Tensors.Select(tensor => tensor.Name));
        foreach (Tensor tensor in QuantizationRecipe.Order(exact.Tensors, tensor => tensor.Name))
        {
            Tensor expected = fixture.Find(tensor.Name)!;
            TensorType chosen = recipe.Choose(tensor.Name, tensor.Shape, tensor.Type);
            Assert.True(expected.Type == chosen, $"{tensor.Name}: {chosen} instead of {expected.Type}");
            byte[] quantised = Quantise(chosen, Values(tensor), tensor.Shape[^1]);
            Assert.True(Bytes(expected).AsSpan().SequenceEqual(quantised), $"{tensor.Name} ({chosen})");
        }
    }

    /// <summary>The vectorised searches do what the plain ones do, bit for bit, whatever the weights.</summary>
    [Fact]
    public unsafe void Vectors_search_as_the_plain_form_does()
    {
        Random random = new(11);
        for (int round = 0; round < 4000; round++)
        {
            float[] x = HardWeights(random, 1024, round), importance = [.. Enumerable.Range(0, 512).Select(_ => round % 5 == 0 ? 0 : random.NextSingle())];
            foreach (bool isWeighted in (bool[])[false, true])
            {
                foreach (AffineBlockFormat format in (AffineBlockFormat[])[AffineBlockFormat.Q4_K, AffineBlockFormat.Q5_K])
                {
                    byte[] plain = new byte[4 * format.Bytes], fast = new byte[4 * format.Bytes];
                    fixed (float* weights = x, columns = importance)
                    fixed (byte* first = plain, second = fast)
                    {
                        AffineBlocks<AffineSearch>.Quantize(new Rows(weights, 1024, 512, isWeighted ? columns : null), first, format);
                        AffineBlocks<VectorAffineSearch>.Quantize(new Rows(weights, 1024, 512, isWeighted ? columns : null), second, format);
                    }

                    Assert.Equal(plain, fast);
                }

                byte[] plainSix = new byte[4 * 210], fastSix = new byte[4 * 210];
                fixed (float* weights = x, columns = importance)
                fixed (byte* first = plainSix, second = fastSix)
                {
                    SymmetricBlocks<ScaleSearch>.Quantize(new Rows(weights, 1024, 512, isWeighted ? columns : null), first);
                    SymmetricBlocks<VectorScaleSearch>.Quantize(new Rows(weights, 1024, 512, isWeighted ? columns : null), second);
                }

                Assert.Equal(plainSix, fastSix);
            }
        }
    }

    /// <summary>An odd number of blocks, and every type, against the error that its step allows.</summary>
    [Theory]
    [InlineData(TensorType.Q8_0, 0.006)]
    [InlineData(TensorType.Q4_0, 0.11)]
    [InlineData(TensorType.Q4_1, 0.10)]
    [InlineData(TensorType.Q5_0, 0.055)]
    [InlineData(TensorType.Q5_1, 0.05)]
    [InlineData(TensorType.Q4_K, 0.08)]
    [InlineData(TensorType.Q5_K, 0.04)]
    [InlineData(TensorType.Q6_K, 0.02)]
    [InlineData(TensorType.F16, 0.001)]
    [InlineData(TensorType.BF16, 0.004)]
    [InlineData(TensorType.F32, 0)]
    internal void Every_type_keeps_weights(TensorType type, double most)
    {
        Random random = new(5);
        float[] x = [.. Enumerable.Range(0, 3 * 256).Select(_ => Gaussian(random))];
        float[] importance = [.. Enumerable.Range(0, 256).Select(_ => 0.5f + random.NextSingle())];
        foreach (float[] weights in (float[][])[[], importance])
        {
            byte[] blocks = Quantise(type, x, 256, weights);
            double error = Error(x, type, blocks) / Math.Sqrt(x.Sum(value => (double)value * value));
            Assert.True(error <= most, $"{type}: relative error {error}");
        }
    }

    /// <summary>With an importance matrix the weighted error is less than without, for every type that searches.</summary>
    [Theory]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q5_0)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_K)]
    [InlineData(TensorType.Q6_K)]
    internal void Importance_lessens_the_error_where_it_counts(TensorType type)
    {
        Random random = new(6);
        const int columns = 512;
        float[] x = [.. Enumerable.Range(0, 16 * columns).Select(_ => Gaussian(random))];
        float[] importance = [.. Enumerable.Range(0, columns).Select(column => column % 8 == 0 ? 100f : 0.1f)];
        double with = Weighted(Quantise(type, x, columns, importance)), without = Weighted(Quantise(type, x, columns));
        Assert.True(with < 0.95 * without, $"{with} with, {without} without");

        double Weighted(byte[] blocks)
        {
            float[] values = Dequantise(type, blocks, x.Length);
            return x.Select((value, i) => importance[i % columns] * Math.Pow(value - values[i], 2)).Sum();
        }
    }

    [Fact]
    public void Halves_of_bfloat16_round_to_even()
    {
        float[] x = [1f, BitConverter.UInt32BitsToSingle(0x3F808000), BitConverter.UInt32BitsToSingle(0x3F818000), BitConverter.UInt32BitsToSingle(0x3F808001), float.MaxValue, -0f, float.Epsilon, -1.5f];
        float[] many = [.. Enumerable.Repeat(x, 9).SelectMany(values => values)];
        byte[] bytes = Quantise(TensorType.BF16, many, many.Length);
        ushort[] expected = [0x3F80, 0x3F80, 0x3F82, 0x3F81, 0x7F80, 0x8000, 0, 0xBFC0];
        for (int i = 0; i < many.Length; i++) Assert.Equal(expected[i % 8], BitConverter.ToUInt16(bytes, 2 * i));
    }

    /// <summary>The quick readers give what the plain ones give.</summary>
    [Theory]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F8E4M3)]
    [InlineData(TensorType.Q4_K)]
    internal unsafe void Rows_are_read_as_the_dequantizer_reads_them(TensorType type)
    {
        byte[] bytes = new byte[TensorTypes.ByteCount(type, [3, 256])];
        new Random(9).NextBytes(bytes);
        float[] plain = new float[768], fast = new float[768];
        fixed (byte* data = bytes)
        {
            Dequantizer.DequantizeRow(type, data, plain);
            FloatRows.Read(type, data, fast);
        }

        for (int i = 0; i < plain.Length; i++) Assert.Equal(BitConverter.SingleToInt32Bits(plain[i]), BitConverter.SingleToInt32Bits(fast[i]));
    }

    /// <summary>Weights per second and core; not a test of correctness.</summary>
    [Fact(Explicit = true)]
    public unsafe void Speed()
    {
        Random random = new(1);
        float[] x = [.. Enumerable.Range(0, 1 << 16).Select(_ => Gaussian(random))];
        foreach (TensorType type in (TensorType[])[TensorType.Q8_0, TensorType.Q4_0, TensorType.Q5_0, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.BF16, TensorType.F16])
        {
            byte[] blocks = new byte[TensorTypes.ByteCount(type, [x.Length])];
            double best = double.MaxValue;
            for (int round = 0; round < 400; round++)
            {
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                RowQuantizer.Quantize(type, x, blocks, 1024, []);
                best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"to {type}: {x.Length / best / 1e6:F0} million weights per second");
        }

        foreach (TensorType type in (TensorType[])[TensorType.Q8_0, TensorType.BF16, TensorType.F16, TensorType.F8E4M3, TensorType.Q4_K])
        {
            byte[] blocks = new byte[TensorTypes.ByteCount(type, [x.Length])];
            double best = double.MaxValue;
            for (int round = 0; round < 400; round++)
            {
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                fixed (byte* data = blocks) FloatRows.Read(type, data, x);
                best = Math.Min(best, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"from {type}: {x.Length / best / 1e6:F0} million weights per second");
        }
    }

    /// <summary>Weights of several kinds: gaussian, one-sided, constant, zero, tiny, huge, with outliers.</summary>
    private static float[] HardWeights(Random random, int count, int kind) => [.. Enumerable.Range(0, count).Select(i => (kind % 8) switch
    {
        0 => Gaussian(random),
        1 => MathF.Abs(Gaussian(random)),
        2 => -MathF.Abs(Gaussian(random)),
        3 => i / 64 % 2 == 0 ? 0 : 0.25f,
        4 => Gaussian(random) * 1e-30f,
        5 => Gaussian(random) * 1e30f,
        6 => random.Next(20) == 0 ? 100 * Gaussian(random) : 0.01f * Gaussian(random),
        _ => random.Next(-3, 4),
    })];

    private static float Gaussian(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());

    private static byte[] Quantise(TensorType type, float[] weights, int columns, float[]? importance = null)
    {
        byte[] blocks = new byte[TensorTypes.ByteCount(type, [weights.Length / columns, columns])];
        RowQuantizer.Quantize(type, weights, blocks, columns, importance ?? []);
        return blocks;
    }

    private static double Error(float[] exact, TensorType type, byte[] blocks)
    {
        double error = 0;
        float[] values = Dequantise(type, blocks, exact.Length);
        for (int i = 0; i < exact.Length; i++) error += Math.Pow(exact[i] - values[i], 2);
        return Math.Sqrt(error);
    }

    private static unsafe float[] Dequantise(TensorType type, byte[] blocks, int count)
    {
        float[] values = new float[count];
        fixed (byte* data = blocks) Dequantizer.DequantizeRow(type, data, values);
        return values;
    }

    private static float[] Values(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        Dequantizer.ToFloat32(tensor, values);
        return values;
    }

    private static unsafe byte[] Bytes(Tensor tensor) => new ReadOnlySpan<byte>(tensor.Data, (int)tensor.ByteCount).ToArray();
}
