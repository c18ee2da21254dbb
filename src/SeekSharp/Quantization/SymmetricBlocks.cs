using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Quantization;

/// <summary>
/// Q6_K: 256 weights in 16 sub-blocks with a signed scale of 8 bits each (layout: see <see cref="Formats.Dequantizer"/>). Scales are searched per
/// sub-block, rounded to 8 bits with a common float16 factor, and the weights rounded again with what came out.
/// </summary>
/// <typeparam name="TSearch">How scales are searched.</typeparam>
internal static unsafe class SymmetricBlocks<TSearch>
    where TSearch : struct, IScaleSearch
{
    private const int Length = 256, SubBlocks = 16, SubLength = IScaleSearch.Length, Half = 32, Bytes = 210, ScalesAt = 192, FactorAt = 208;

    /// <summary>Quantises rows.</summary>
    /// <param name="rows">The weights.</param>
    /// <param name="block">Receives the blocks.</param>
    [SkipLocalsInit]
    public static void Quantize(Rows rows, byte* block)
    {
        float* scales = stackalloc float[SubBlocks];
        byte* levels = stackalloc byte[Length];
        for (int i = 0; i < rows.Count; i += Length, block += Bytes)
        {
            TSearch.Search(rows.X + i, rows.ImportanceAt(i), Half, scales);
            Write(rows.X + i, scales, levels, block);
        }
    }

    private static void Write(float* x, float* scales, byte* levels, byte* block)
    {
        float extreme = 0;
        for (int sub = 0; sub < SubBlocks; sub++)
            if (MathF.Abs(scales[sub]) > MathF.Abs(extreme)) extreme = scales[sub];
        if (MathF.Abs(extreme) < ScaleSearch.LeastMagnitude)
        {
            new Span<byte>(block, Bytes).Clear();
            return;
        }

        float inverse = -128 / extreme;
        float factor = RowQuantizer.WriteHalf(block + FactorAt, 1 / inverse);
        for (int sub = 0; sub < SubBlocks; sub++)
        {
            sbyte scale = (sbyte)Math.Clamp((int)MathF.Round(inverse * scales[sub]), -128, 127);
            block[ScalesAt + sub] = (byte)scale;
            ToLevels(x + sub * SubLength, factor * scale).Store(levels + sub * SubLength);
        }

        Pack(levels, block, block + 128);
    }

    /// <summary>Rounds 16 weights with the scale that the block can express, and adds the offset; a scale of 0 gives levels of 0.</summary>
    private static Vector128<byte> ToLevels(float* x, float scale)
    {
        if (scale == 0) return Vector128.Create((byte)Half);
        Vector512<float> level = Vector512.Round(Vector512.Load(x) / Vector512.Create(scale));
        level = Vector512.Min(Vector512.Max(level, Vector512.Create((float)-Half)), Vector512.Create(Half - 1f)) + Vector512.Create((float)Half);
        Vector512<uint> whole = Vector512.ConvertToInt32(level).AsUInt32();
        Vector256<ushort> narrow = Vector256.Narrow(whole.GetLower(), whole.GetUpper());
        return Vector128.Narrow(narrow.GetLower(), narrow.GetUpper());
    }

    private static void Pack(byte* levels, byte* low, byte* high)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        for (int half = 0; half < 2; half++, levels += 128, low += 64, high += 32)
        {
            Vector256<byte> a = Vector256.Load(levels), b = Vector256.Load(levels + 32), c = Vector256.Load(levels + 64), d = Vector256.Load(levels + 96);
            (a & nibble | c << 4).Store(low);
            (b & nibble | d << 4).Store(low + 32);
            (a >>> 4 | b >>> 4 << 2 | c >>> 4 << 4 | d >>> 4 << 6).Store(high);
        }
    }
}
