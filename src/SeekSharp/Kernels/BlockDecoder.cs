using System.Runtime.CompilerServices;
using SeekSharp.Formats;

namespace SeekSharp.Kernels;

/// <summary>One block of a quantised type, taken apart: weight k = Scale * SubScales[s] * Quants[k] - MinimumFactor * SubMinima[s], where s = k / SubBlockLength.</summary>
internal sealed class DecodedBlock
{
    /// <summary>Signed quants, offsets subtracted and tables looked up; the first 32 or all 256.</summary>
    public int[] Quants { get; } = new int[256];

    /// <summary>Integer scales of the sub-blocks; 1 for the types with 32 weights per block.</summary>
    public int[] SubScales { get; } = new int[16];

    /// <summary>Integer minima of the sub-blocks; 0 where a type has none.</summary>
    public int[] SubMinima { get; } = new int[16];

    /// <summary>Weights per sub-block: 16 or 32.</summary>
    public int SubBlockLength { get; set; }

    /// <summary>The block's scale.</summary>
    public float Scale { get; set; }

    /// <summary>The block's factor of minima, to subtract; Q4_1 and Q5_1 add theirs, so it is negated here.</summary>
    public float MinimumFactor { get; set; }

    /// <summary>Whether the type has minima.</summary>
    public bool HasMinima { get; set; }

    /// <summary>Weight k in float32: each product and the difference rounded, as the file's reference decoder does.</summary>
    public float Weight(int k)
    {
        float scaled = Scale * SubScales[k / SubBlockLength] * Quants[k];
        return HasMinima ? scaled - (MinimumFactor * SubMinima[k / SubBlockLength]) : scaled;
    }
}

/// <summary>Takes the blocks of GGUF's quantised types apart, in plain integer arithmetic: the specification of the packed layouts and products.</summary>
internal static unsafe class BlockDecoder
{
    /// <summary>Decodes one block.</summary>
    /// <param name="type">A quantised type.</param>
    /// <param name="block">The block's bytes.</param>
    /// <param name="result">Receives the numbers.</param>
    public static void Decode(TensorType type, byte* block, DecodedBlock result)
    {
        Array.Clear(result.SubMinima);
        Array.Fill(result.SubScales, 1);
        result.MinimumFactor = 0;
        result.HasMinima = false;
        result.SubBlockLength = type is TensorType.Q2_K or TensorType.Q3_K or TensorType.Q6_K ? 16 : 32;
        int[] quants = result.Quants;
        switch (type)
        {
            case TensorType.Q4_0:
                result.Scale = HalfAt(block);
                for (int k = 0; k < 32; k++) quants[k] = Nibble(block + 2, k) - 8;
                break;
            case TensorType.Q4_1:
                SetScaleAndMinimum(block, result);
                for (int k = 0; k < 32; k++) quants[k] = Nibble(block + 4, k);
                break;
            case TensorType.Q5_0:
                result.Scale = HalfAt(block);
                for (int k = 0; k < 32; k++) quants[k] = (Nibble(block + 6, k) | (Bit(block + 2, k) << 4)) - 16;
                break;
            case TensorType.Q5_1:
                SetScaleAndMinimum(block, result);
                for (int k = 0; k < 32; k++) quants[k] = Nibble(block + 8, k) | (Bit(block + 4, k) << 4);
                break;
            case TensorType.Q8_0:
                result.Scale = HalfAt(block);
                for (int k = 0; k < 32; k++) quants[k] = (sbyte)block[2 + k];
                break;
            case TensorType.IQ4_NL:
                result.Scale = HalfAt(block);
                for (int k = 0; k < 32; k++) quants[k] = NonlinearTable.Values[Nibble(block + 2, k)];
                break;
            case TensorType.Q2_K:
                DecodeQ2_K(block, result);
                break;
            case TensorType.Q3_K:
                DecodeQ3_K(block, result);
                break;
            case TensorType.Q4_K:
                DecodeSixBitScales(block, result);
                for (int k = 0; k < 256; k++) quants[k] = (block[16 + (k / 64 * 32) + (k % 32)] >> (k % 64 / 32 * 4)) & 15;
                break;
            case TensorType.Q5_K:
                DecodeSixBitScales(block, result);
                for (int k = 0; k < 256; k++)
                {
                    int fifth = (block[16 + (k % 32)] >> (k / 32)) & 1;
                    quants[k] = ((block[48 + (k / 64 * 32) + (k % 32)] >> (k % 64 / 32 * 4)) & 15) | (fifth << 4);
                }
                break;
            case TensorType.Q6_K:
                DecodeQ6_K(block, result);
                break;
            case TensorType.IQ4_XS:
                result.Scale = HalfAt(block);
                for (int j = 0; j < 8; j++) result.SubScales[j] = IQ4_XSScale(block, j);
                for (int k = 0; k < 256; k++) quants[k] = NonlinearTable.Values[Nibble(block + 8 + (k / 32 * 16), k % 32)];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a quantised type.");
        }
    }

    /// <summary>Six-bit scale j (0 to 7) of the 12 bytes of Q4_K and Q5_K.</summary>
    public static int SixBitScale(byte* packed, int j) => j < 4 ? packed[j] & 63 : (packed[j + 4] & 15) | (packed[j - 4] >> 6 << 4);

    /// <summary>Six-bit minimum j (0 to 7) of the 12 bytes of Q4_K and Q5_K.</summary>
    public static int SixBitMinimum(byte* packed, int j) => j < 4 ? packed[j + 4] & 63 : (packed[j + 4] >> 4) | (packed[j] >> 6 << 4);

    /// <summary>Signed scale j (0 to 15) of the 12 bytes of Q3_K.</summary>
    public static int Q3_KScale(byte* packed, int j)
    {
        int lower = j < 8 ? packed[j] & 15 : packed[j - 8] >> 4;
        int upper = (packed[8 + (j & 3)] >> (j >> 2 << 1)) & 3;
        return (lower | (upper << 4)) - 32;
    }

    /// <summary>Signed scale j (0 to 7) of a block of IQ4_XS.</summary>
    public static int IQ4_XSScale(byte* block, int j)
    {
        int lower = (block[4 + (j >> 1)] >> ((j & 1) * 4)) & 15;
        int upper = (Unsafe.ReadUnaligned<ushort>(block + 2) >> (j * 2)) & 3;
        return (lower | (upper << 4)) - 32;
    }

    private static void DecodeSixBitScales(byte* block, DecodedBlock result)
    {
        result.Scale = HalfAt(block);
        result.MinimumFactor = HalfAt(block + 2);
        result.HasMinima = true;
        for (int j = 0; j < 8; j++)
        {
            result.SubScales[j] = SixBitScale(block + 4, j);
            result.SubMinima[j] = SixBitMinimum(block + 4, j);
        }
    }

    private static void DecodeQ2_K(byte* block, DecodedBlock result)
    {
        result.Scale = HalfAt(block + 80);
        result.MinimumFactor = HalfAt(block + 82);
        result.HasMinima = true;
        for (int j = 0; j < 16; j++)
        {
            result.SubScales[j] = block[j] & 15;
            result.SubMinima[j] = block[j] >> 4;
        }
        for (int k = 0; k < 256; k++) result.Quants[k] = (block[16 + (k / 128 * 32) + (k % 32)] >> (k % 128 / 32 * 2)) & 3;
    }

    private static void DecodeQ3_K(byte* block, DecodedBlock result)
    {
        result.Scale = HalfAt(block + 108);
        for (int j = 0; j < 16; j++) result.SubScales[j] = Q3_KScale(block + 96, j);
        for (int k = 0; k < 256; k++)
        {
            int third = (block[k % 32] >> (k / 32)) & 1;
            result.Quants[k] = (((block[32 + (k / 128 * 32) + (k % 32)] >> (k % 128 / 32 * 2)) & 3) | (third << 2)) - 4;
        }
    }

    private static void DecodeQ6_K(byte* block, DecodedBlock result)
    {
        result.Scale = HalfAt(block + 208);
        for (int j = 0; j < 16; j++) result.SubScales[j] = (sbyte)block[192 + j];
        for (int k = 0; k < 256; k++)
        {
            int lower = (block[(k / 128 * 64) + (k % 64)] >> (k % 128 / 64 * 4)) & 15;
            int upper = (block[128 + (k / 128 * 32) + (k % 32)] >> (k % 128 / 32 * 2)) & 3;
            result.Quants[k] = (lower | (upper << 4)) - 32;
        }
    }

    private static void SetScaleAndMinimum(byte* block, DecodedBlock result)
    {
        result.Scale = HalfAt(block);
        result.MinimumFactor = -HalfAt(block + 2);
        result.HasMinima = true;
        Array.Fill(result.SubMinima, 1);
    }

    /// <summary>Nibble k of 16 bytes: the lower ones first.</summary>
    private static int Nibble(byte* bytes, int k) => k < 16 ? bytes[k] & 15 : bytes[k - 16] >> 4;

    private static int Bit(byte* bits, int k) => (bits[k >> 3] >> (k & 7)) & 1;

    private static float HalfAt(byte* bytes) => (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(bytes));
}
