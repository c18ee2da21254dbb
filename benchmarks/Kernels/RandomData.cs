using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.KernelBenchmarks;

/// <summary>Numbers to compute with: their values do not matter, but they must be finite.</summary>
internal static class RandomData
{
    /// <summary>Floats from -0.5 to 0.5.</summary>
    public static AlignedBuffer Floats(long count)
    {
        var random = new Random(1);
        var buffer = new AlignedBuffer(count * sizeof(float));
        foreach (ref float value in buffer.AsSpan<float>()) value = random.NextSingle() - 0.5f;
        return buffer;
    }

    /// <summary>Stored weights of any type.</summary>
    public static AlignedBuffer Weights(TensorType type, int rows, int columns)
    {
        if (type == TensorType.F32) return Floats((long)rows * columns);
        // Random bytes whose float16 scales are made finite by clearing the top exponent bit of every 16-bit word.
        var buffer = new AlignedBuffer(TensorTypes.ByteCount(type, [rows, columns]));
        new Random(7).NextBytes(buffer.AsSpan<byte>());
        foreach (ref ushort word in buffer.AsSpan<ushort>()) word &= 0xbfff;
        return buffer;
    }
}
