using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Blocks written by hand from ggml's layouts, with the numbers that they stand for.</summary>
public sealed unsafe class DequantizerTests
{
    private static readonly byte[] Half1 = [0x00, 0x3C], HalfHalf = [0x00, 0x38], Half2 = [0x00, 0x40], HalfQuarter = [0x00, 0x34];

    [Fact]
    public void Plain_types()
    {
        Assert.Equal([1.5f, -2], Row(TensorType.F32, 2, [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]));
        Assert.Equal([1f, -2, 5.9604645e-8f, float.PositiveInfinity], Row(TensorType.F16, 4, [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x00, 0x7C]));
        Assert.Equal([1f, -2], Row(TensorType.BF16, 2, [0x80, 0x3F, 0x00, 0xC0]));
    }

    [Fact]
    public void Q4_0_counts_from_minus_8()
    {
        float[] row = Row(TensorType.Q4_0, 32, [.. Half2, 0xF0, .. Filled(14, 0x88), 0x39]);
        Assert.Equal((-16f, 14f), (row[0], row[16]));
        Assert.Equal((2f, -10f), (row[15], row[31]));
        Assert.All(row[1..15].Concat(row[17..31]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Q4_1_adds_a_minimum()
    {
        float[] row = Row(TensorType.Q4_1, 32, [.. Half2, .. HalfHalf, 0xF0, .. Filled(14, 0), 0x31]);
        Assert.Equal((0.5f, 30.5f, 2.5f, 6.5f, 0.5f), (row[0], row[16], row[15], row[31], row[1]));
    }

    [Fact]
    public void Q5_0_has_its_fifth_bits_in_a_word()
    {
        // fifth bits of weights 0, 15 and 31
        float[] row = Row(TensorType.Q5_0, 32, [.. Half2, 0x01, 0x80, 0x00, 0x80, 0xF1, .. Filled(14, 0), 0x32]);
        Assert.Equal((2f, -2f), (row[0], row[16]));   // 17 - 16, 15 - 16
        Assert.Equal((4f, 6f), (row[15], row[31]));   // 18 - 16, 19 - 16
        Assert.Equal(-32, row[1]);
    }

    [Fact]
    public void Q5_1_adds_a_minimum()
    {
        float[] row = Row(TensorType.Q5_1, 32, [.. Half2, .. HalfHalf, 0x01, 0x80, 0x00, 0x80, 0xF1, .. Filled(14, 0), 0x32]);
        Assert.Equal((34.5f, 30.5f, 36.5f, 38.5f, 0.5f), (row[0], row[16], row[15], row[31], row[1]));
    }

    [Fact]
    public void Q8_0_is_signed()
    {
        float[] row = Row(TensorType.Q8_0, 64, [.. HalfHalf, 0x80, 0x7F, .. Filled(30, 1), .. Half2, .. Filled(31, 0), 0xFF]);
        Assert.Equal((-64f, 63.5f, 0.5f, 0f, -2f), (row[0], row[1], row[31], row[32], row[63]));
    }

    [Fact]
    public void Q2_K_has_four_weights_in_a_byte_32_apart()
    {
        byte[] scales = Filled(16, 0x21); // scale 1, minimum 2
        scales[9] = 0x35;                 // weights 144 to 159: scale 5, minimum 3
        byte[] weights = new byte[64];
        weights[0] = 0b11_10_01_00;       // weights 0, 32, 64, 96
        weights[32 + 16] = 0b00_01_10_11; // weights 144, 176, 208, 240
        float[] row = Row(TensorType.Q2_K, 256, [.. scales, .. weights, .. HalfHalf, .. HalfQuarter]);
        Assert.Equal((-0.5f, 0f, 0.5f, 1f), (row[0], row[32], row[64], row[96]));
        Assert.Equal((6.75f, 0.5f, 0f, -0.5f), (row[144], row[176], row[208], row[240])); // 0.5 x 5 x 3 - 0.25 x 3
        Assert.Equal((-0.75f, -0.5f), (row[145], row[143]));
    }

    [Fact]
    public void Q3_K_has_third_bits_and_scales_in_pieces()
    {
        byte[] third = new byte[32];
        third[0] = 0b0000_0001;           // weight 0
        third[17] = 0b1000_0000;          // weight 224 + 17 = 241
        byte[] weights = new byte[64];
        weights[0] = 0b00_00_01_10;       // weights 0 (2) and 32 (1)
        weights[32 + 17] = 0b11_00_00_00; // weight 128 + 96 + 17 = 241
        byte[] scales = new byte[12];
        scales[0] = 0x01;                 // sub-block 0: low 1
        scales[8] = 0b00_00_00_10;        // sub-block 0: high 2, so 33
        scales[7] = 0xF0;                 // sub-block 15: low 15
        scales[11] = 0b11_00_00_00;       // sub-block 15: high 3, so 63
        scales[2] = 0x05;                 // sub-block 2: low 5, high 0, so 5
        float[] row = Row(TensorType.Q3_K, 256, [.. third, .. weights, .. scales, .. HalfHalf]);
        Assert.Equal(0.5f * (33 - 32) * 2, row[0]);
        Assert.Equal(0.5f * (33 - 32) * -4, row[1]);
        Assert.Equal(0.5f * (5 - 32) * (1 - 4), row[32]);
        Assert.Equal(0.5f * (63 - 32) * 3, row[241]);
        Assert.Equal(0.5f * (63 - 32) * -4, row[240]);
        Assert.Equal(0.5f * (0 - 32) * -4, row[239]);
    }

    [Fact]
    public void Q4_K_has_scales_and_minima_in_pieces()
    {
        float[] row = Row(TensorType.Q4_K, 256, [.. HalfHalf, .. HalfQuarter, .. ScalesOfQ4(), .. WeightsOfQ4()]);
        Assert.Equal(0.5f * 33 * 9 - 0.25f * 7, row[0]);
        Assert.Equal(-0.25f * 7, row[1]);
        Assert.Equal(0.5f * 12, row[32]);                     // scale 1, minimum 0
        Assert.Equal(0.5f * 45 * 2 - 0.25f * 61, row[224 + 31]);
        Assert.Equal(0.5f * 2 * 3, row[192 + 31]);            // sub-block 6: scale 2
        Assert.Equal(-0.25f * 61, row[224]);
    }

    [Fact]
    public void Q5_K_adds_fifth_bits()
    {
        byte[] fifth = new byte[32];
        fifth[0] = 0b0000_0001;   // weight 0
        fifth[31] = 0b1000_0000;  // weight 255
        float[] row = Row(TensorType.Q5_K, 256, [.. HalfHalf, .. HalfQuarter, .. ScalesOfQ4(), .. fifth, .. WeightsOfQ4()]);
        Assert.Equal(0.5f * 33 * 25 - 0.25f * 7, row[0]);
        Assert.Equal(0.5f * 12, row[32]);
        Assert.Equal(0.5f * 45 * 18 - 0.25f * 61, row[255]);
        Assert.Equal(0.5f * 2 * 3, row[192 + 31]);
    }

    [Fact]
    public void Q6_K_has_low_nibbles_64_apart()
    {
        byte[] low = new byte[128], high = new byte[64], scales = Filled(16, 1);
        low[0] = 0xF1;            // weights 0 and 64
        low[32] = 0x2E;           // weights 32 and 96
        high[0] = 0b11_10_01_00;  // weights 0, 32, 64, 96: 0, 1, 2, 3
        low[64 + 63] = 0x50;      // weights 128 + 63 = 191... 32 + 31: low nibble 128 + 63, high nibble 128 + 127
        high[32 + 31] = 0b01_00_00_00;
        scales[15] = 0xFE;        // -2
        float[] row = Row(TensorType.Q6_K, 256, [.. low, .. high, .. scales, .. HalfHalf]);
        Assert.Equal((0.5f * (1 - 32), 0.5f * (14 + 16 - 32), 0.5f * (15 + 32 - 32), 0.5f * (2 + 48 - 32)), (row[0], row[32], row[64], row[96]));
        Assert.Equal(0.5f * -2 * (5 + 16 - 32), row[255]);
        Assert.Equal(0.5f * -32, row[191]);
    }

    [Fact]
    public void IQ4_NL_points_into_its_table()
    {
        byte[] indices = [.. Enumerable.Range(0, 16).Select(i => (byte)(i | (15 - i) << 4))];
        float[] row = Row(TensorType.IQ4_NL, 32, [.. HalfHalf, .. indices]);
        float[] table = [-63.5f, -52, -41.5f, -32.5f, -24.5f, -17.5f, -11, -5, 0.5f, 6.5f, 12.5f, 19, 26.5f, 34.5f, 44.5f, 56.5f];
        Assert.Equal(table, row[..16]);
        Assert.Equal(table.Reverse(), row[16..]);
    }

    [Fact]
    public void IQ4_XS_has_scales_in_two_pieces()
    {
        byte[] weights = new byte[128]; // index 0: -127
        weights[0] = 0x8F;              // weight 0: 113, weight 16: 1
        weights[127] = 0x97;            // weight 239: -10, weight 255: 13
        // scales: sub-block 0: 1 + 2 x 16 = 33; sub-block 1: 0; sub-block 7: 15 + 3 x 16 = 63
        float[] row = Row(TensorType.IQ4_XS, 256, [.. HalfHalf, 0b00000010, 0b11000000, 0x01, 0, 0, 0xF0, .. weights]);
        Assert.Equal((0.5f * 113, 0.5f, -63.5f), (row[0], row[16], row[1]));
        Assert.Equal(0.5f * -32 * -127, row[32]);
        Assert.Equal((0.5f * 31 * -10, 0.5f * 31 * 13), (row[239], row[255]));
    }

    /// <summary>E4M3: (1 + m/8) 2^(e-7), below e = 1 m/8 2^-6, NaN where all seven bits are set.</summary>
    [Fact]
    public void All_codes_of_E4M3()
    {
        for (int code = 0; code < 256; code++)
        {
            float actual = Row(TensorType.F8E4M3, 1, [(byte)code])[0];
            if ((code & 127) == 127)
            {
                Assert.True(float.IsNaN(actual));
                continue;
            }

            int exponent = code >> 3 & 15, mantissa = code & 7;
            double expected = exponent == 0 ? mantissa / 8.0 * Math.Pow(2, -6) : (1 + mantissa / 8.0) * Math.Pow(2, exponent - 7);
            Assert.Equal(code < 128 ? expected : -expected, actual);
            Assert.Equal(code >= 128, float.IsNegative(actual));
        }

        Assert.Equal([448f, 1, 0.015625f, 0.001953125f], new byte[] { 0x7E, 0x38, 0x08, 0x01 }.Select(Dequantizer.FromE4M3));
    }

    [Fact]
    public void Rows_of_a_stack_are_counted_through()
    {
        using TensorCollection tensors = new();
        Tensor tensor = tensors.Add("t", [2, 2, 2], [1f, 2, 3, 4, 5, 6, 7, 8]);
        float[] row = new float[2];
        Dequantizer.ToFloat32(tensor, 3, row);
        Assert.Equal([7f, 8], row);
        Assert.Throws<ArgumentOutOfRangeException>(() => Dequantizer.ToFloat32(tensor, new float[7]));
    }

    /// <summary>Scales 33, 1, 0, 0, 0, 0, 2, 45 and minima 7, 0, 0, 0, 0, 0, 0, 61, packed in 12 bytes.</summary>
    private static byte[] ScalesOfQ4()
    {
        byte[] packed = new byte[12];
        packed[0] = 33;
        packed[1] = 1;
        packed[4] = 7;
        packed[10] = 2;                          // scale 6 = 2: low 2
        packed[11] = 45 & 15 | (61 & 15) << 4;   // scale 7 and minimum 7: low nibbles
        packed[3] = 45 >> 4 << 6;
        packed[7] = unchecked((byte)(61 >> 4 << 6));
        return packed;
    }

    private static byte[] WeightsOfQ4()
    {
        byte[] weights = new byte[128];
        weights[0] = 0xC9;        // weight 0: 9, weight 32: 12
        weights[127] = 0x23;      // weight 192 + 31: 3, weight 224 + 31: 2
        return weights;
    }

    private static float[] Row(TensorType type, int length, byte[] bytes)
    {
        Assert.Equal(TensorTypes.ByteCount(type, [length]), bytes.Length);
        float[] row = new float[length];
        fixed (byte* start = bytes) Dequantizer.DequantizeRow(type, start, row);
        return row;
    }

    private static byte[] Filled(int count, byte value) => [.. Enumerable.Repeat(value, count)];
}
