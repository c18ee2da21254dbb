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
    public void Tensors_are_as_good_as_those_of_llama_cpp(string name)
    {
        FileType type = Enum.Parse<FileType>(name);
        using GgufFile exact = GgufFile.Open(Fixtures.Path("tiny-v3-F32.gguf"));
        using GgufFile fixture = GgufFile.Open(Fixtures.Path($"tiny-v3-{name}.gguf"));
        QuantizationRecipe recipe = new(type, exact.Config, exact.Tensors.Select(tensor => tensor.Name));
        long equal = 0, blocks = 0; Dictionary<TensorType, long> same = [];
        double worst = 0;
        foreach (Tensor tensor in QuantizationRecipe.Order(exact.Tensors))
        {
            Tensor expected = fixture.Find(tensor.Name)!;
            TensorType chosen = recipe.Choose(tensor.Name, tensor.Shape, tensor.Type);
            Assert.True(expected.Type == chosen, $"{tensor.Name}: {chosen} instead of {expected.Type}");
            float[] weights = Values(tensor);
            byte[] quantised = new byte[expected.ByteCount];
            RowQuantizer.Quantize(chosen, weights, quantised, tensor.Shape[^1], []);
            byte[] theirs = Bytes(expected);
            if (chosen is TensorType.Q8_0 or TensorType.F32) Assert.True(theirs.AsSpan().SequenceEqual(quantised), tensor.Name);
            for (int i = 0; i < theirs.Length; i += chosen.BlockBytes(), blocks++)
                if (theirs.AsSpan(i, chosen.BlockBytes()).SequenceEqual(quantised.AsSpan(i, chosen.BlockBytes()))) { equal++; same[chosen] = same.GetValueOrDefault(chosen) + 1; } else same[chosen] = same.GetValueOrDefault(chosen) - 1000000;
            double ratio = Error(weights, chosen, quantised) / Math.Max(Error(weights, chosen, theirs), 1e-30);
            worst = Math.Max(worst, ratio);
            Assert.True(ratio <= 1.02, $"{tensor.Name} ({chosen}): error {ratio} times llama.cpp's");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{equal} of {blocks} blocks equal llama.cpp's; greatest ratio of errors {worst:F6}");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(' ', same));
        Assert.True(equal > 0.99 * blocks);
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
