using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

/// <summary>A matrix of random bytes with sensible scales, in the file's format and packed, both in guarded memory.</summary>
internal sealed unsafe class RandomMatrix : IDisposable
{
    private readonly GuardedMemory _data;
    private readonly GuardedMemory _packed;

    public RandomMatrix(TensorType type, int rows, int columns, int seed, byte? everyByte = null)
    {
        var random = new Random(seed);
        _data = new GuardedMemory(TensorTypes.ByteCount(type, [rows, columns]));
        FillRandomly(type, _data.Bytes, random, everyByte);
        Tensor = new Tensor("random", type, [rows, columns], _data.Pointer, type == TensorType.F8E4M3 ? Scales(rows, columns, random) : null);
        _packed = new GuardedMemory(PackedMatrix.PackedBytes(type, rows, columns));
        Packed = PackedMatrix.Pack(Tensor, _packed.Pointer);
    }

    public Tensor Tensor { get; }

    public PackedMatrix Packed { get; }

    /// <summary>Length of a row of so many blocks; odd for the float types.</summary>
    public static int Columns(TensorType type, int blocks) => type.BlockLength() == 1 ? (blocks * 130) - 1 : blocks * type.BlockLength();

    /// <summary>Where the float16 numbers of a block stand.</summary>
    public static int[] HalfOffsets(TensorType type) => type switch
    {
        TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [0, 2],
        TensorType.Q2_K => [80, 82],
        TensorType.Q3_K => [108],
        TensorType.Q6_K => [208],
        _ => [0],
    };

    public static void FillRandomly(TensorType type, Span<byte> data, Random random, byte? everyByte = null)
    {
        if (type.BlockLength() == 1)
        {
            for (int i = 0; i < data.Length; i += type.BlockBytes()) WriteWeight(type, (random.NextSingle() - 0.5f) / 8, data[i..], random);
            return;
        }
        if (everyByte is { } bits) data.Fill(bits);
        else random.NextBytes(data);
        for (int start = 0; start < data.Length; start += type.BlockBytes())
        {
            // Signs, magnitudes over four decades, subnormal float16 included.
            foreach (int offset in HalfOffsets(type))
                BitConverter.TryWriteBytes(data[(start + offset)..], (Half)((random.NextSingle() - 0.5f) * MathF.Pow(10, -random.Next(1, 6))));
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        _packed.Dispose();
    }

    private static void WriteWeight(TensorType type, float weight, Span<byte> destination, Random random)
    {
        switch (type)
        {
            case TensorType.F32: BitConverter.TryWriteBytes(destination, weight); break;
            case TensorType.F16: BitConverter.TryWriteBytes(destination, (Half)(random.Next(8) == 0 ? weight / 10000 : weight)); break;
            case TensorType.BF16: BitConverter.TryWriteBytes(destination, (ushort)(BitConverter.SingleToUInt32Bits(weight) >> 16)); break;
            default: destination[0] = (byte)(random.Next(0x7f) | (random.Next(2) << 7)); break;
        }
    }

    private static BlockScales Scales(int rows, int columns, Random random)
    {
        var values = new float[(rows + 127) / 128 * ((columns + 127) / 128)];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextSingle() / 1000;
        return new BlockScales(values, 128, 128);
    }
}
