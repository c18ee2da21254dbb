using System.Runtime.CompilerServices;

namespace SeekSharp.Formats;

/// <summary>
/// Turns stored weights into float32, one plain loop per type: the specification that every fast kernel is tested against. The layouts are
/// those of ggml (ggml-common.h); a K-block has 256 weights in sub-blocks of 16 or 32 with small integer scales of their own.
/// </summary>
internal static unsafe class Dequantizer
{
    /// <summary>The 16 values of <see cref="TensorType.IQ4_NL"/> and <see cref="TensorType.IQ4_XS"/>.</summary>
    private static ReadOnlySpan<sbyte> NonLinear => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Converts a whole tensor.</summary>
    /// <param name="tensor">The tensor; block scales are applied.</param>
    /// <param name="destination">One float per element, row-major.</param>
    public static void ToFloat32(Tensor tensor, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, tensor.ElementCount);
        int columns = tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1];
        for (int row = 0; row < destination.Length / columns; row++) ToFloat32(tensor, row, destination.Slice(row * columns, columns));
    }

    /// <summary>Converts one row of a tensor.</summary>
    /// <param name="tensor">The tensor; block scales are applied.</param>
    /// <param name="row">Which row, counted through all outer dimensions.</param>
    /// <param name="destination">One float per column.</param>
    public static void ToFloat32(Tensor tensor, int row, Span<float> destination)
    {
        long rowBytes = (long)destination.Length / tensor.Type.BlockLength() * tensor.Type.BlockBytes();
        DequantizeRow(tensor.Type, tensor.Data + row * rowBytes, destination);
        if (tensor.Scales is not { } scales) return;
        int blocksPerRow = (destination.Length + scales.BlockColumns - 1) / scales.BlockColumns;
        ReadOnlySpan<float> rowScales = scales.Values.AsSpan((scales.FirstRow + row) / scales.BlockRows * blocksPerRow, blocksPerRow);
        for (int i = 0; i < destination.Length; i++) destination[i] *= rowScales[i / scales.BlockColumns];
    }

    /// <summary>Converts one row, without block scales.</summary>
    /// <param name="type">How the row is stored.</param>
    /// <param name="row">The row's bytes.</param>
    /// <param name="destination">One float per weight; the length is a multiple of the type's block length.</param>
    public static void DequantizeRow(TensorType type, byte* row, Span<float> destination)
    {
        int length = type.BlockLength();
        for (int i = 0; i < destination.Length; i += length, row += type.BlockBytes())
            DequantizeBlock(type, row, destination.Slice(i, length));
    }

    private static void DequantizeBlock(TensorType type, byte* block, Span<float> y)
    {
        switch (type)
        {
            case TensorType.F32: y[0] = Unsafe.ReadUnaligned<float>(block); break;
            case TensorType.F16: y[0] = Half(block); break;
            case TensorType.BF16: y[0] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(block) << 16); break;
            case TensorType.F8E4M3: y[0] = FromE4M3(*block); break;
            case TensorType.Q4_0: Q4_0(block, y); break;
            case TensorType.Q4_1: Q4_1(block, y); break;
            case TensorType.Q5_0: Q5_0(block, y); break;
            case TensorType.Q5_1: Q5_1(block, y); break;
            case TensorType.Q8_0: Q8_0(block, y); break;
            case TensorType.Q2_K: Q2_K(block, y); break;
            case TensorType.Q3_K: Q3_K(block, y); break;
            case TensorType.Q4_K: Q4_K(block, y); break;
            case TensorType.Q5_K: Q5_K(block, y); break;
            case TensorType.Q6_K: Q6_K(block, y); break;
            case TensorType.IQ4_NL: IQ4_NL(block, y); break;
            case TensorType.IQ4_XS: IQ4_XS(block, y); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown tensor type.");
        }
    }

    /// <summary>One number in E4M3 (1 sign, 4 exponent bits with bias 7, 3 mantissa bits; no infinity, 0x7F and 0xFF are NaN).</summary>
    /// <param name="code">The stored byte.</param>
    /// <returns>The number; the largest is 448, the smallest 2^-9.</returns>
    public static float FromE4M3(byte code)
    {
        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        float magnitude = (exponent, mantissa) switch
        {
            (15, 7) => float.NaN,
            (0, _) => MathF.ScaleB(mantissa, -9),
            _ => MathF.ScaleB(8 + mantissa, exponent - 10),
        };
        return code < 128 ? magnitude : -magnitude;
    }

    // float16 scale, 16 bytes: low nibbles are weights 0 to 15, high nibbles 16 to 31
    private static void Q4_0(byte* block, Span<float> y)
    {
        float scale = Half(block);
        for (int i = 0; i < 16; i++)
        {
            y[i] = scale * ((block[2 + i] & 15) - 8);
            y[i + 16] = scale * ((block[2 + i] >> 4) - 8);
        }
    }

    // float16 scale, float16 minimum, nibbles as Q4_0
    private static void Q4_1(byte* block, Span<float> y)
    {
        float scale = Half(block), minimum = Half(block + 2);
        for (int i = 0; i < 16; i++)
        {
            y[i] = scale * (block[4 + i] & 15) + minimum;
            y[i + 16] = scale * (block[4 + i] >> 4) + minimum;
        }
    }

    // float16 scale, 32 fifth bits, nibbles as Q4_0
    private static void Q5_0(byte* block, Span<float> y)
    {
        float scale = Half(block);
        uint fifth = Unsafe.ReadUnaligned<uint>(block + 2);
        for (int i = 0; i < 16; i++)
        {
            y[i] = scale * ((block[6 + i] & 15 | FifthBit(fifth, i)) - 16);
            y[i + 16] = scale * ((block[6 + i] >> 4 | FifthBit(fifth, i + 16)) - 16);
        }
    }

    // float16 scale, float16 minimum, 32 fifth bits, nibbles as Q4_0
    private static void Q5_1(byte* block, Span<float> y)
    {
        float scale = Half(block), minimum = Half(block + 2);
        uint fifth = Unsafe.ReadUnaligned<uint>(block + 4);
        for (int i = 0; i < 16; i++)
        {
            y[i] = scale * (block[8 + i] & 15 | FifthBit(fifth, i)) + minimum;
            y[i + 16] = scale * (block[8 + i] >> 4 | FifthBit(fifth, i + 16)) + minimum;
        }
    }

    // float16 scale, 32 signed bytes
    private static void Q8_0(byte* block, Span<float> y)
    {
        float scale = Half(block);
        for (int i = 0; i < 32; i++) y[i] = scale * (sbyte)block[2 + i];
    }

    // 16 bytes with a 4-bit scale (low) and minimum (high) per 16 weights, 64 bytes of 2-bit weights, float16 scale and minimum of those.
    // Byte l of each half holds weights l, l + 32, l + 64 and l + 96 of its 128 weights.
    private static void Q2_K(byte* block, Span<float> y)
    {
        byte* scales = block, weights = block + 16;
        float scale = Half(block + 80), minimum = Half(block + 82);
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128, shift = i % 128 / 32 * 2;
            int weight = (weights[half * 32 + i % 32] >> shift) & 3;
            byte packed = scales[i / 16];
            y[i] = scale * (packed & 15) * weight - minimum * (packed >> 4);
        }
    }

    // 32 bytes of third bits (bit k of byte l: weight 32 k + l), 64 bytes of 2-bit weights as Q2_K, 12 bytes of 6-bit scales with
    // offset 32 (see ScaleOfQ3), float16 scale. The third bit means "do not subtract 4".
    private static void Q3_K(byte* block, Span<float> y)
    {
        byte* third = block, weights = block + 32, scales = block + 96;
        float scale = Half(block + 108);
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128, shift = i % 128 / 32 * 2;
            int weight = (weights[half * 32 + i % 32] >> shift) & 3;
            if ((third[i % 32] >> (i / 32) & 1) == 0) weight -= 4;
            y[i] = scale * (ScaleOfQ3(scales, i / 16) - 32) * weight;
        }
    }

    // 16 scales of 6 bits: the low 4 bits of scales 0 to 7 and 8 to 15 are the low and high nibbles of bytes 0 to 7; the high 2 bits of
    // scale i are bits 2 (i / 4) of byte 8 + i % 4
    private static int ScaleOfQ3(byte* scales, int index)
    {
        int low = index < 8 ? scales[index] & 15 : scales[index - 8] >> 4;
        int high = (scales[8 + index % 4] >> (index / 4 * 2)) & 3;
        return low | high << 4;
    }

    // float16 scale and minimum, 12 bytes of 6-bit scales and minima (see ScaleOfQ4), 128 bytes of nibbles: each 32 bytes hold 32 weights
    // in the low and the next 32 in the high nibbles
    private static void Q4_K(byte* block, Span<float> y)
    {
        float scale = Half(block), minimum = Half(block + 2);
        byte* scales = block + 4, weights = block + 16;
        for (int i = 0; i < 256; i++)
        {
            (int subScale, int subMinimum) = ScaleOfQ4(scales, i / 32);
            int weight = (weights[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4)) & 15;
            y[i] = scale * subScale * weight - minimum * subMinimum;
        }
    }

    // as Q4_K, with 32 bytes of fifth bits (bit k of byte l: weight 32 k + l) in front of the nibbles
    private static void Q5_K(byte* block, Span<float> y)
    {
        float scale = Half(block), minimum = Half(block + 2);
        byte* scales = block + 4, fifth = block + 16, weights = block + 48;
        for (int i = 0; i < 256; i++)
        {
            (int subScale, int subMinimum) = ScaleOfQ4(scales, i / 32);
            int weight = (weights[i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4)) & 15;
            weight |= (fifth[i % 32] >> (i / 32) & 1) << 4;
            y[i] = scale * subScale * weight - minimum * subMinimum;
        }
    }

    // 8 scales and 8 minima of 6 bits: those of 0 to 3 are the low 6 bits of bytes 0 to 3 and 4 to 7; those of 4 to 7 have their low 4 bits
    // in the low and high nibbles of bytes 8 to 11, and their high 2 bits on top of bytes 0 to 3 and 4 to 7
    private static (int Scale, int Minimum) ScaleOfQ4(byte* scales, int index) => index < 4
        ? (scales[index] & 63, scales[index + 4] & 63)
        : (scales[index + 4] & 15 | scales[index - 4] >> 6 << 4, scales[index + 4] >> 4 | scales[index] >> 6 << 4);

    // 128 bytes of low nibbles, 64 bytes of high 2 bits, 16 signed scales, float16 scale. Per half of 128 weights: byte l of the first 32
    // holds weights l (low nibble) and l + 64 (high), byte 32 + l weights l + 32 and l + 96; byte l of the high bits holds all four.
    private static void Q6_K(byte* block, Span<float> y)
    {
        byte* low = block, high = block + 128, scales = block + 192;
        float scale = Half(block + 208);
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128, quarter = i % 128 / 32;
            int nibble = (low[half * 64 + i % 64] >> (quarter / 2 * 4)) & 15;
            int upper = (high[half * 32 + i % 32] >> (quarter * 2)) & 3;
            y[i] = scale * (sbyte)scales[i / 16] * ((nibble | upper << 4) - 32);
        }
    }

    // float16 scale, nibbles as Q4_0 that point into the table
    private static void IQ4_NL(byte* block, Span<float> y)
    {
        float scale = Half(block);
        for (int i = 0; i < 16; i++)
        {
            y[i] = scale * NonLinear[block[2 + i] & 15];
            y[i + 16] = scale * NonLinear[block[2 + i] >> 4];
        }
    }

    // float16 scale, 16 bits with the high 2 bits and 4 bytes with the low 4 bits of 8 scales (offset 32), 8 x 16 bytes of nibbles as IQ4_NL
    private static void IQ4_XS(byte* block, Span<float> y)
    {
        float scale = Half(block);
        int scalesHigh = Unsafe.ReadUnaligned<ushort>(block + 2);
        for (int sub = 0; sub < 8; sub++)
        {
            int subScale = (block[4 + sub / 2] >> (sub % 2 * 4)) & 15 | ((scalesHigh >> (sub * 2)) & 3) << 4;
            float product = scale * (subScale - 32);
            byte* weights = block + 8 + sub * 16;
            for (int i = 0; i < 16; i++)
            {
                y[sub * 32 + i] = product * NonLinear[weights[i] & 15];
                y[sub * 32 + i + 16] = product * NonLinear[weights[i] >> 4];
            }
        }
    }

    private static int FifthBit(uint bits, int index) => (int)(bits >> index & 1) << 4;

    private static float Half(byte* address) => (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(address));
}
