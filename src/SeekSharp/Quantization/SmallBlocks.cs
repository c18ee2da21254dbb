using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Quantization;

/// <summary>The types with 32 weights per block. Layouts: see <see cref="Formats.Dequantizer"/>.</summary>
internal static unsafe class SmallBlocks
{
    private const int Length = 32;

    /// <summary>Q8_0: the step is the greatest magnitude / 127; weights round away from zero at the half.</summary>
    public static void Q8_0(Rows rows, byte* block)
    {
        for (int i = 0; i < rows.Count; i += Length, block += 2 + Length)
        {
            Vector512<float> low = Vector512.Load(rows.X + i), high = Vector512.Load(rows.X + i + 16);
            float step = GreatestMagnitude(low, high) / 127;
            Vector512<float> inverse = Vector512.Create(step != 0 ? 1 / step : 0);
            RowQuantizer.WriteHalf(block, step);
            Vector512<short> levels = Vector512.Narrow(RoundAway(low * inverse), RoundAway(high * inverse));
            Vector256.Narrow(levels.GetLower(), levels.GetUpper()).Store((sbyte*)block + 2);
        }
    }

    /// <summary>Q4_0 and Q5_0: the weight of the greatest magnitude becomes the lowest level, so that the sign of the step is its opposite.</summary>
    /// <param name="rows">The weights.</param>
    /// <param name="block">Receives the blocks.</param>
    /// <param name="bits">4 or 5.</param>
    public static void Signed(Rows rows, byte* block, int bits)
    {
        int offset = 1 << (bits - 1), most = (1 << bits) - 1, size = 2 + Length * bits / 8;
        byte* levels = stackalloc byte[Length];
        float* weights = stackalloc float[Length];
        float meanSquare = 0;
        for (int i = 0; i < rows.Count; i += Length, block += size)
        {
            float* x = rows.X + i;
            if (rows.Importance is null)
            {
                float step = Extreme(x) / -offset;
                RowQuantizer.WriteHalf(block, step);
                ToLevels(x, 0, step, offset + 0.5f, most, levels);
            }
            else
            {
                if (i % rows.Columns == 0) meanSquare = Rows.SquareSum(x, rows.Columns) / rows.Columns;
                Weigh(x, rows.ImportanceAt(i), meanSquare, weights);
                RowQuantizer.WriteHalf(block, ScaleSearch.Search(new(x, Length), new(weights, Length), offset, new Span<byte>(levels, Length)));
            }

            Pack(levels, block + 2, bits);
        }
    }

    /// <summary>Q4_1 and Q5_1: the least weight becomes level 0 and the greatest the highest.</summary>
    /// <param name="rows">The weights.</param>
    /// <param name="block">Receives the blocks.</param>
    /// <param name="bits">4 or 5.</param>
    public static void Unsigned(Rows rows, byte* block, int bits)
    {
        int most = (1 << bits) - 1, size = 4 + Length * bits / 8;
        byte* levels = stackalloc byte[Length];
        float* weights = stackalloc float[Length];
        float meanSquare = 0;
        for (int i = 0; i < rows.Count; i += Length, block += size)
        {
            float* x = rows.X + i;
            if (rows.Importance is null)
            {
                (float least, float greatest) = Range(x);
                float step = (greatest - least) / most;
                RowQuantizer.WriteHalf(block, step);
                RowQuantizer.WriteHalf(block + 2, least);
                ToLevels(x, least, step, 0.5f, most, levels);
            }
            else
            {
                if (i % rows.Columns == 0) meanSquare = Rows.SquareSum(x, rows.Columns) / rows.Columns;
                Weigh(x, rows.ImportanceAt(i), meanSquare, weights);
                AffineFit fit = AffineSearch.Search(new(x, Length), new(weights, Length), AffineSearchGrid.Weighted(most), new Span<byte>(levels, Length));
                RowQuantizer.WriteHalf(block, fit.Scale);
                RowQuantizer.WriteHalf(block + 2, -fit.Minimum);
            }

            Pack(levels, block + 4, bits);
        }
    }

    /// <summary>How much the error of each weight counts, given the importance of its column.</summary>
    internal static void Weigh(float* x, float* importance, float meanSquare, float* weights, int count = Length)
    {
        for (int k = 0; k < count; k += 16)
        {
            Vector512<float> value = Vector512.Load(x + k);
            (Vector512.Load(importance + k) * Vector512.Sqrt(Vector512.Create(meanSquare) + value * value)).Store(weights + k);
        }
    }

    /// <summary>32 levels as 16 bytes of nibbles, k beside k + 16, behind the fifth bits where there are 5.</summary>
    private static void Pack(byte* levels, byte* destination, int bits)
    {
        if (bits == 5)
        {
            uint fifth = 0;
            for (int k = 0; k < Length; k++) fifth |= (uint)levels[k] >> 4 << k;
            Unsafe.WriteUnaligned(destination, fifth);
            destination += sizeof(uint);
        }

        for (int k = 0; k < 16; k++) destination[k] = (byte)(levels[k] & 15 | levels[k + 16] << 4);
    }

    /// <summary>Rounds (weight - least) / step + addend down.</summary>
    private static void ToLevels(float* x, float least, float step, float addend, int most, byte* levels)
    {
        Vector512<float> inverse = Vector512.Create(step != 0 ? 1 / step : 0), lowest = Vector512.Create(least), rest = Vector512.Create(addend);
        Vector512<int> greatest = Vector512.Create(most);
        Vector512<ushort> words = Vector512.Narrow(Level(Vector512.Load(x)), Level(Vector512.Load(x + 16)));
        Vector256.Narrow(words.GetLower(), words.GetUpper()).Store(levels);

        Vector512<uint> Level(Vector512<float> value) =>
            Vector512.Min(Vector512.Max(Vector512.ConvertToInt32((value - lowest) * inverse + rest), Vector512<int>.Zero), greatest).AsUInt32();
    }

    /// <summary>The weight of the greatest magnitude, the first one of several.</summary>
    private static float Extreme(float* x)
    {
        Vector512<float> low = Vector512.Load(x), high = Vector512.Load(x + 16);
        Vector512<float> greatest = Vector512.Create(GreatestMagnitude(low, high));
        uint mask = (uint)Vector512.Equals(Vector512.Abs(low), greatest).ExtractMostSignificantBits()
            | (uint)Vector512.Equals(Vector512.Abs(high), greatest).ExtractMostSignificantBits() << 16;
        return mask == 0 ? 0 : x[BitOperations.TrailingZeroCount(mask)];
    }

    private static (float Least, float Greatest) Range(float* x)
    {
        Vector512<float> low = Vector512.Load(x), high = Vector512.Load(x + 16);
        return (-Greatest(Vector512.Max(-low, -high)), Greatest(Vector512.Max(low, high)));
    }

    private static float GreatestMagnitude(Vector512<float> low, Vector512<float> high) => Greatest(Vector512.Max(Vector512.Abs(low), Vector512.Abs(high)));

    private static float Greatest(Vector512<float> greatest)
    {
        Vector256<float> eight = Vector256.Max(greatest.GetLower(), greatest.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    private static Vector512<int> RoundAway(Vector512<float> value)
    {
        Vector512<float> whole = Vector512.Truncate(value);
        Vector512<float> sign = value & Vector512.Create(-0f);
        Vector512<float> one = Vector512.GreaterThanOrEqual(Vector512.Abs(value - whole), Vector512.Create(0.5f)) & Vector512.Create(1f);
        return Vector512.ConvertToInt32(whole + (one | sign));
    }
}
