using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize(float* source, int columns, in QuantizedRow row)
    {
        sbyte* values = row.Values;
        for (int block = 0; block < columns / QuantizedRow.BlockLength; block++, source += QuantizedRow.BlockLength, values += QuantizedRow.BlockLength)
        {
            float largest = LargestMagnitude(source);
            bool isFinite = float.IsFinite(largest), isZero = largest < Smallest;
            float scale = !isFinite ? float.NaN : isZero ? 0 : largest / 127;
            Vector256<sbyte> rounded = isFinite && !isZero ? Round(source, 127 / largest) : Vector256<sbyte>.Zero;
            rounded.Store(values);
            (int first, int second) = SumHalves(rounded);
            row.Scales[block] = scale;
            row.Sums16[2 * block] = (short)first;
            row.Sums16[(2 * block) + 1] = (short)second;
            row.Sums32[block] = (short)(first + second);
            row.ScaledSums16[2 * block] = first * scale;
            row.ScaledSums16[(2 * block) + 1] = second * scale;
            row.ScaledSums32[block] = (first + second) * scale;
        }
    }

    // Compares magnitudes as integers, which orders NaN above infinity above all numbers, whatever the order of comparison.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestMagnitude(float* source)
    {
        Vector256<int> first = Vector256.Max(Magnitude(source), Magnitude(source + 8)), second = Vector256.Max(Magnitude(source + 16), Magnitude(source + 24));
        Vector256<int> largest = Vector256.Max(first, second);
        Vector128<int> half = Vector128.Max(largest.GetLower(), largest.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        int bits = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(1, 0, 3, 2))).ToScalar();
        return bits >= Infinity ? float.NaN : BitConverter.Int32BitsToSingle(bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Magnitude(float* source) => Vector256.Load((int*)source) & Vector256.Create(int.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Round(float* source, float inverse)
    {
        Vector256<float> factor = Vector256.Create(inverse);
        Vector256<int> first = Round(source, factor), second = Round(source + 8, factor), third = Round(source + 16, factor), fourth = Round(source + 24, factor);
        if (!Avx2.IsSupported) return Vector256.Narrow(Vector256.Narrow(first, second), Vector256.Narrow(third, fourth));
        // Packing works within halves, and so leaves groups of four out of order. Nothing is large enough to saturate.
        Vector256<sbyte> packed = Avx2.PackSignedSaturate(Avx2.PackSignedSaturate(first, second), Avx2.PackSignedSaturate(third, fourth));
        return Avx2.PermuteVar8x32(packed.AsInt32(), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsSByte();
    }

    // To nearest even: what the conversion does on x86, and the rounding before it elsewhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(float* source, Vector256<float> factor)
    {
        Vector256<float> scaled = Vector256.Load(source) * factor;
        return Avx.IsSupported ? Avx.ConvertToVector256Int32(scaled) : Vector256.ConvertToInt32Native(Vector256.Round(scaled));
    }

    /// <summary>Sums of the first 16 integers and of the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int Second) SumHalves(Vector256<sbyte> values)
    {
        if (!Avx2.IsSupported) return (Sum16(values.GetLower()), Sum16(values.GetUpper()));
        // Each 64 bits receive the sum of 8 distances from -128.
        Vector256<long> sums = Avx2.SumAbsoluteDifferences(values.AsByte() ^ Vector256.Create((byte)128), Vector256<byte>.Zero).AsInt64();
        sums += Avx2.Shuffle(sums.AsInt32(), 0b01_00_11_10).AsInt64();
        return ((int)sums.ToScalar() - (16 * 128), (int)sums.GetUpper().ToScalar() - (16 * 128));
    }

    private static int Sum16(Vector128<sbyte> values) => Vector128.Sum(Vector128.WidenLower(values) + Vector128.WidenUpper(values));
}
