using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Quantization;

/// <summary>Q4_K or Q5_K: bits of a level, bytes of a block, and what is tried for a sub-block without an importance matrix.</summary>
internal readonly record struct AffineBlockFormat(int Bits, int Bytes, AffineSearchGrid Grid)
{
    public static AffineBlockFormat Q4_K { get; } = new(4, 144, new AffineSearchGrid(15, -1f, 0.1f, 20));
    public static AffineBlockFormat Q5_K { get; } = new(5, 176, new AffineSearchGrid(31, -0.5f, 0.1f, 15));
}

/// <summary>
/// Q4_K and Q5_K: 256 weights in 8 sub-blocks with scale and minimum of 6 bits each (layout: see <see cref="Formats.Dequantizer"/>). Scales and minima
/// are searched per sub-block, rounded to 6 bits with a common float16 factor, and the weights rounded again with what came out.
/// </summary>
/// <typeparam name="TSearch">How scales and minima are searched.</typeparam>
internal static unsafe class AffineBlocks<TSearch>
    where TSearch : struct, IAffineSearch
{
    private const int Length = 256, SubBlocks = 8, SubLength = IAffineSearch.Length, Batch = 2, MostScale = 63;

    /// <summary>Quantises rows.</summary>
    /// <param name="rows">The weights.</param>
    /// <param name="block">Receives the blocks.</param>
    /// <param name="format">The type.</param>
    [SkipLocalsInit]
    public static void Quantize(Rows rows, byte* block, AffineBlockFormat format)
    {
        float* weights = stackalloc float[Batch * Length], scales = stackalloc float[Batch * SubBlocks], minima = stackalloc float[Batch * SubBlocks];
        AffineSearchGrid grid = rows.Importance is null ? format.Grid : AffineSearchGrid.Weighted(format.Grid.Most);
        for (int i = 0; i < rows.Count; i += Batch * Length)
        {
            int blocks = Math.Min(Batch, (rows.Count - i) / Length);
            if (rows.Importance is not null) Weigh(rows, i, blocks, weights);
            TSearch.Search(rows.X + i, rows.Importance is null ? null : weights, blocks * SubBlocks, grid, scales, minima);
            for (int k = 0; k < blocks; k++, block += format.Bytes)
            {
                float* blockWeights = rows.Importance is null ? null : weights + k * Length;
                Write(rows.X + i + k * Length, blockWeights, scales + k * SubBlocks, minima + k * SubBlocks, format, block);
            }
        }
    }

    private static void Weigh(Rows rows, int first, int blocks, float* weights)
    {
        for (int k = 0; k < blocks; k++)
        {
            float* x = rows.X + first + k * Length;
            SmallBlocks.Weigh(x, rows.ImportanceAt(first + k * Length), 2 * Rows.SquareSum(x, Length) / Length, weights + k * Length, Length);
        }
    }

    private static void Write(float* x, float* weights, float* scales, float* minima, AffineBlockFormat format, byte* block)
    {
        byte* scaleLevels = stackalloc byte[SubBlocks], minimumLevels = stackalloc byte[SubBlocks];
        float scale = RowQuantizer.WriteHalf(block, Round(scales, weights, scaleLevels));
        float minimum = RowQuantizer.WriteHalf(block + 2, Round(minima, weights, minimumLevels));
        PackScales(scaleLevels, minimumLevels, block + 4);
        byte* fifth = block + 16, nibbles = format.Bits == 5 ? block + 48 : block + 16;
        Vector256<byte> fifthBits = Vector256<byte>.Zero;
        for (int sub = 0; sub < SubBlocks; sub += 2, nibbles += SubLength)
        {
            Vector256<byte> low = ToLevels(x + sub * SubLength, scale * scaleLevels[sub], minimum * minimumLevels[sub], format.Grid.Most);
            Vector256<byte> high = ToLevels(x + (sub + 1) * SubLength, scale * scaleLevels[sub + 1], minimum * minimumLevels[sub + 1], format.Grid.Most);
            (low & Vector256.Create((byte)15) | high << 4).Store(nibbles);
            fifthBits |= low >>> 4 << sub | high >>> 4 << (sub + 1);
        }

        if (format.Bits == 5) fifthBits.Store(fifth);
    }

    /// <summary>Rounds the scales or minima of the sub-blocks to 6 bits.</summary>
    /// <returns>What one step stands for.</returns>
    private static float Round(float* values, float* weights, byte* levels)
    {
        if (weights is not null)
        {
            float* sums = stackalloc float[SubBlocks];
            for (int sub = 0; sub < SubBlocks; sub++)
            {
                sums[sub] = 0;
                for (int k = 0; k < SubLength; k++) sums[sub] += weights[sub * SubLength + k];
            }

            return PositiveSearch.Search(new(values, SubBlocks), new(sums, SubBlocks), MostScale, new Span<byte>(levels, SubBlocks));
        }

        float greatest = 0;
        for (int sub = 0; sub < SubBlocks; sub++)
            if (values[sub] > greatest) greatest = values[sub];
        float inverse = greatest > 0 ? MostScale / greatest : 0;
        for (int sub = 0; sub < SubBlocks; sub++) levels[sub] = (byte)Math.Clamp((int)MathF.Round(inverse * values[sub]), 0, MostScale);
        return greatest / MostScale;
    }

    /// <summary>Rounds 32 weights with the scale and minimum that the block can express; a scale of 0 gives levels of 0.</summary>
    private static Vector256<byte> ToLevels(float* x, float scale, float minimum, int most)
    {
        if (scale == 0) return Vector256<byte>.Zero;
        Vector512<ushort> levels = Vector512.Narrow(Round(Vector512.Load(x)), Round(Vector512.Load(x + 16)));
        return Vector256.Narrow(levels.GetLower(), levels.GetUpper());

        Vector512<uint> Round(Vector512<float> value)
        {
            Vector512<float> level = (value + Vector512.Create(minimum)) / Vector512.Create(scale);
            level = Vector512.Min(Vector512.Max(Vector512.Round(level), Vector512<float>.Zero), Vector512.Create((float)most));
            return Vector512.ConvertToInt32(level).AsUInt32();
        }
    }

    /// <summary>8 scales and 8 minima of 6 bits in 12 bytes; see Dequantizer.ScaleOfQ4.</summary>
    private static void PackScales(byte* scales, byte* minima, byte* destination)
    {
        for (int sub = 0; sub < 4; sub++)
        {
            destination[sub] = (byte)(scales[sub] | scales[sub + 4] >> 4 << 6);
            destination[sub + 4] = (byte)(minima[sub] | minima[sub + 4] >> 4 << 6);
            destination[sub + 8] = (byte)(scales[sub + 4] & 15 | minima[sub + 4] << 4);
        }
    }
}
