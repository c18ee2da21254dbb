using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Tests.Kernels;

public sealed unsafe class PackedMatrixTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>()];

    public static TheoryData<TensorType> QuantizedTypes => [.. Enum.GetValues<TensorType>().Where(type => type.BlockLength() > 1)];

    [Theory]
    [MemberData(nameof(Types))]
    public void DecodedRowsAreTheWeightsOfTheFile(TensorType type)
    {
        foreach (int rows in new[] { 1, 16, 37 })
        {
            for (int blocks = 1; blocks <= 3; blocks++)
            {
                int columns = RandomMatrix.Columns(type, blocks);
                using var matrix = new RandomMatrix(type, rows, columns, seed: rows + blocks);
                using var decoded = new GuardedMemory(columns * sizeof(float));
                for (int row = 0; row < rows; row++)
                {
                    matrix.Packed.DecodeRow(row, decoded.Floats);
                    float[] expected = Weights(matrix.Tensor, row);
                    // The two definitions of a type, integers for products and floats for everything else, are held to each other here.
                    var dequantised = new float[columns];
                    Dequantizer.ToFloat32(matrix.Tensor, row, dequantised);
                    Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), dequantised.Select(BitConverter.SingleToInt32Bits));
                    for (int k = 0; k < columns; k++) Assert.Equal(BitConverter.SingleToInt32Bits(expected[k]), BitConverter.SingleToInt32Bits(decoded.Floats[k]));
                }
            }
        }
    }

    [Fact]
    public void EveryHalfAndEveryE4M3DecodesExactly()
    {
        using var halves = new GuardedMemory(65536 * sizeof(ushort));
        for (int i = 0; i < 65536; i++) ((ushort*)halves.Pointer)[i] = (ushort)i;
        float[] decoded = Decode(new Tensor("halves", TensorType.F16, [1, 65536], halves.Pointer), 0);
        for (int i = 0; i < 65536; i++) AssertSameNumber((float)BitConverter.UInt16BitsToHalf((ushort)i), decoded[i]);

        using var bytes = new GuardedMemory(256);
        for (int i = 0; i < 256; i++) bytes.Bytes[i] = (byte)i;
        var tensor = new Tensor("bytes", TensorType.F8E4M3, [1, 256], bytes.Pointer, new BlockScales([1, 0.3f], 128, 128));
        decoded = Decode(tensor, 0);
        for (int i = 0; i < 256; i++) AssertSameNumber(ReferenceProduct.FloatWeight(tensor, 0, i), decoded[i]);
    }

    [Fact]
    public void FifthBitsAreTransposed()
    {
        for (int k = 0; k < 32; k++) Assert.Equal(1u << (((k % 4) * 8) + (k / 4)), SmallBlocks.TransposeFifthBits(1u << k));
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void PackingDoesNotGrowTheWeightsByMoreThanThreePercent(TensorType type)
    {
        long file = TensorTypes.ByteCount(type, [4096, 2048]);
        Assert.InRange(PackedMatrix.PackedBytes(type, 4096, 2048), file, file + (file * 3 / 100));
    }

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void ScalesThatAreNotFiniteAreRefusedByName(TensorType type)
    {
        foreach (int offset in RandomMatrix.HalfOffsets(type))
        {
            foreach (Half bad in new[] { Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity })
            {
                int columns = RandomMatrix.Columns(type, 3);
                using var data = new GuardedMemory(TensorTypes.ByteCount(type, [20, columns]));
                using var packed = new GuardedMemory(PackedMatrix.PackedBytes(type, 20, columns));
                RandomMatrix.FillRandomly(type, data.Bytes, new Random(1));
                BitConverter.TryWriteBytes(data.Bytes[(((18 * 3) + 2) * type.BlockBytes() + offset)..], bad);
                var tensor = new Tensor("blk.3.bad", type, [20, columns], data.Pointer);
                nint destination = (nint)packed.Pointer;
                var exception = Assert.Throws<ModelFormatException>(() => PackedMatrix.Pack(tensor, (byte*)destination));
                Assert.Contains("'blk.3.bad'", exception.Message, StringComparison.Ordinal);
                Assert.Contains("block 2 in row 18", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void BadShapesAndScalesAreRefused()
    {
        using var data = new GuardedMemory(4096);
        using var packed = new GuardedMemory(65536);
        nint destination = (nint)packed.Pointer;
        void Refused(Tensor tensor) => Assert.Throws<ModelFormatException>(() => PackedMatrix.Pack(tensor, (byte*)destination));
        Refused(new Tensor("vector", TensorType.F32, [16], data.Pointer));
        Refused(new Tensor("cube", TensorType.F32, [2, 2, 2], data.Pointer));
        Refused(new Tensor("infinite", TensorType.F8E4M3, [16, 16], data.Pointer, new BlockScales([float.PositiveInfinity], 128, 128)));
        Refused(new Tensor("narrow", TensorType.F8E4M3, [16, 96], data.Pointer, new BlockScales(new float[2], 128, 64)));
        Assert.Throws<ArgumentException>(() => PackedMatrix.PackedBytes(TensorType.Q4_K, 16, 128));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TransposedRowsKeepTheirValues(TensorType type)
    {
        const int First = 5, Count = 19;
        int columns = RandomMatrix.Columns(type, 1);
        using var matrix = new RandomMatrix(type, 30, columns, seed: 9);
        using var packed = new GuardedMemory(PackedMatrix.PackedTransposedBytes(type, Count, columns));
        PackedMatrix transposed = PackedMatrix.PackTransposed(matrix.Tensor, First, Count, packed.Pointer);
        Assert.Equal((columns, Count), (transposed.Rows, transposed.Columns));
        Assert.Equal(packed.ByteCount, transposed.ByteCount);
        Assert.Equal(type switch { TensorType.F32 or TensorType.F8E4M3 => TensorType.F32, TensorType.BF16 => TensorType.BF16, _ => TensorType.F16 }, transposed.Type);
        var row = new float[Count];
        for (int column = 0; column < columns; column++)
        {
            transposed.DecodeRow(column, row);
            for (int i = 0; i < Count; i++)
            {
                float weight = Weights(matrix.Tensor, First + i)[column];
                Assert.Equal(type.BlockLength() > 1 ? (float)(Half)weight : weight, row[i]);
            }
        }
    }

    private static float[] Weights(Tensor tensor, int row)
    {
        int columns = tensor.Shape[1], length = tensor.Type.BlockLength();
        var weights = new float[columns];
        var block = new DecodedBlock();
        for (int k = 0; k < columns; k++)
        {
            if (length > 1 && k % length == 0)
                BlockDecoder.Decode(tensor.Type, tensor.Data + ((((long)row * columns) + k) / length * tensor.Type.BlockBytes()), block);
            weights[k] = length > 1 ? block.Weight(k % length) : ReferenceProduct.FloatWeight(tensor, row, k);
        }
        return weights;
    }

    private static float[] Decode(Tensor tensor, int row)
    {
        using var packed = new GuardedMemory(PackedMatrix.PackedBytes(tensor.Type, tensor.Shape[0], tensor.Shape[1]));
        var decoded = new float[tensor.Shape[1]];
        PackedMatrix.Pack(tensor, packed.Pointer).DecodeRow(row, decoded);
        return decoded;
    }

    private static void AssertSameNumber(float expected, float actual)
    {
        if (float.IsNaN(expected)) Assert.True(float.IsNaN(actual));
        else Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(actual));
    }
}
