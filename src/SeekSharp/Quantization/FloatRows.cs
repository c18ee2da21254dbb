using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using SeekSharp.Formats;

namespace SeekSharp.Quantization;

/// <summary>Reads and writes rows in the types without blocks, and reads Q8_0, many weights at a time.</summary>
internal static unsafe class FloatRows
{
    private const int Lanes = 16;

    private static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(code => Dequantizer.FromE4M3((byte)code))];

    /// <summary>Converts weights to float16, to nearest even.</summary>
    public static void ToHalf(Rows rows, ushort* destination) =>
        TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(rows.X, rows.Count), new Span<Half>(destination, rows.Count));

    /// <summary>Converts weights to bfloat16, to nearest even; a NaN stays one.</summary>
    public static void ToBFloat16(Rows rows, ushort* destination)
    {
        int i = 0;
        for (; i <= rows.Count - 2 * Lanes; i += 2 * Lanes)
        {
            Vector512<uint> low = Round(Vector512.Load(rows.X + i)), high = Round(Vector512.Load(rows.X + i + Lanes));
            Vector512.Narrow(low, high).Store(destination + i);
        }

        for (; i < rows.Count; i++) destination[i] = ToBFloat16(rows.X[i]);

        static Vector512<uint> Round(Vector512<float> value)
        {
            Vector512<uint> bits = value.AsUInt32();
            Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;
            return Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, (bits >>> 16) | Vector512.Create(0x40u));
        }
    }

    /// <summary>A number as bfloat16 bits.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? bits >> 16 | 0x40 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    /// <summary>Whether no weight is infinite or no number.</summary>
    public static bool AreFinite(ReadOnlySpan<float> weights)
    {
        // Either has all bits of the exponent set.
        Vector512<uint> exponent = Vector512.Create(0x7F800000u), found = Vector512<uint>.Zero;
        int i = 0;
        for (; i <= weights.Length - Lanes; i += Lanes)
            found |= Vector512.Equals(Vector512.Create(weights.Slice(i, Lanes)).AsUInt32() & exponent, exponent);
        bool areFinite = found == Vector512<uint>.Zero;
        for (; i < weights.Length; i++) areFinite &= float.IsFinite(weights[i]);
        return areFinite;
    }

    /// <summary>Reads rows of any type that lie one behind the other, without block scales.</summary>
    /// <param name="type">How they are stored.</param>
    /// <param name="source">Their bytes.</param>
    /// <param name="destination">One float per weight.</param>
    public static void Read(TensorType type, byte* source, Span<float> destination)
    {
        int i = 0;
        fixed (float* y = destination)
        {
            switch (type)
            {
                case TensorType.F32:
                    new ReadOnlySpan<float>(source, destination.Length).CopyTo(destination);
                    return;
                case TensorType.BF16:
                    for (; i <= destination.Length - 2 * Lanes; i += 2 * Lanes)
                    {
                        (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.Load((ushort*)source + i));
                        (low << 16).AsSingle().Store(y + i);
                        (high << 16).AsSingle().Store(y + i + Lanes);
                    }

                    break;
                case TensorType.F16:
                    TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, destination.Length), destination);
                    return;
                case TensorType.F8E4M3:
                    for (; i < destination.Length; i++) y[i] = E4M3[source[i]];
                    return;
                case TensorType.Q8_0:
                    for (; i < destination.Length; i += 32, source += 34) ReadQ8_0(source, y + i);
                    return;
            }

            Dequantizer.DequantizeRow(type, source + (long)i / type.BlockLength() * type.BlockBytes(), destination[i..]);
        }
    }

    private static void ReadQ8_0(byte* block, float* y)
    {
        Vector512<float> scale = Vector512.Create((float)*(Half*)block);
        (Vector256<short> low, Vector256<short> high) = Vector256.Widen(Vector256.Load((sbyte*)block + 2));
        (Vector256<int> a, Vector256<int> b) = Vector256.Widen(low);
        (Vector256<int> c, Vector256<int> d) = Vector256.Widen(high);
        (Vector512.ConvertToSingle(Vector512.Create(a, b)) * scale).Store(y);
        (Vector512.ConvertToSingle(Vector512.Create(c, d)) * scale).Store(y + Lanes);
    }
}
