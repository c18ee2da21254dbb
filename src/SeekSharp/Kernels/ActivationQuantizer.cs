using System.Runtime.Intrinsics;

namespace SeekSharp.Kernels;

/// <summary>Rounds a row of activations to int8 with a float32 scale per 32, and sums them: products with unsigned weights or minima need the sums.</summary>
/// <remarks>
/// The scale is largest magnitude / 127, integers are rounded to nearest even. Every step has one exact result or a single rounding, so that all
/// vector widths give the same bits. A block below <see cref="Smallest"/> counts as zeros; a block with an infinity or NaN gets the scale NaN and
/// so makes every output NaN. One scale per 256, as others have it for the types with 256 weights per block, would be a little faster and nearly
/// twice as far from the float32 product.
/// </remarks>
internal static unsafe class ActivationQuantizer
{
    /// <summary>Largest magnitude below which a block is zeros: its scale, or the scale's reciprocal, would leave the range of normal numbers.</summary>
    public const float Smallest = 7.888609e-31f; // 2^-100

    private const int Infinity = 0x7f800000;

    /// <summary>Quantises one row.</summary>
    /// <param name="source">The activations.</param>
    /// <param name="columns">How many, a multiple of 32.</param>
    /// <param name="row">Where the results go.</param>
    public static void Quantize(float* source, int columns, in QuantizedRow row)
    {
        for (int start = 0; start < columns; start += QuantizedRow.BlockLength)
        {
            int block = start / QuantizedRow.BlockLength;
            sbyte* values = row.Values + start;
            float largest = LargestMagnitude(source + start, QuantizedRow.BlockLength);
            bool isFinite = float.IsFinite(largest), isZero = largest < Smallest;
            float scale = !isFinite ? float.NaN : isZero ? 0 : largest / 127;
            if (isFinite && !isZero) Round(source + start, QuantizedRow.BlockLength, 127 / largest, values);
            else new Span<sbyte>(values, QuantizedRow.BlockLength).Clear();
            int first = Sum16(values), second = Sum16(values + 16);
            row.Scales[block] = scale;
            row.Sums16[2 * block] = (short)first;
            row.Sums16[(2 * block) + 1] = (short)second;
            row.Sums32[block] = (short)(first + second);
            row.ScaledSums16[2 * block] = first * scale;
            row.ScaledSums16[(2 * block) + 1] = second * scale;
            row.ScaledSums32[block] = (first + second) * scale;
        }
    }

    private static int Sum16(sbyte* values)
    {
        Vector128<sbyte> group = Vector128.Load(values);
        return Vector128.Sum(Vector128.WidenLower(group) + Vector128.WidenUpper(group));
    }

    // Compares magnitudes as integers, which orders NaN above infinity above all numbers, whatever the order of comparison.
    private static float LargestMagnitude(float* source, int count)
    {
        Vector256<int> largest = Vector256<int>.Zero, magnitude = Vector256.Create(int.MaxValue);
        for (int i = 0; i < count; i += Vector256<int>.Count) largest = Vector256.Max(largest, Vector256.Load((int*)(source + i)) & magnitude);
        Vector128<int> half = Vector128.Max(largest.GetLower(), largest.GetUpper());
        int bits = Math.Max(Math.Max(half[0], half[1]), Math.Max(half[2], half[3]));
        return bits >= Infinity ? float.NaN : BitConverter.Int32BitsToSingle(bits);
    }

    private static void Round(float* source, int count, float inverse, sbyte* values)
    {
        Vector256<float> factor = Vector256.Create(inverse);
        for (int i = 0; i < count; i += 4 * Vector256<float>.Count)
        {
            Vector256<short> first = Vector256.Narrow(Round(source + i, factor), Round(source + i + 8, factor));
            Vector256<short> second = Vector256.Narrow(Round(source + i + 16, factor), Round(source + i + 24, factor));
            Vector256.Narrow(first, second).Store(values + i);
        }
    }

    private static Vector256<int> Round(float* source, Vector256<float> factor) =>
        Vector256.ConvertToInt32Native(Vector256.Round(Vector256.Load(source) * factor));
}
