using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Quantization;

/// <summary>
/// <see cref="AffineSearch"/> for 16 sub-blocks at a time, one per lane: each lane does what the plain form does, in its order, so that the results are
/// the same bit for bit.
/// </summary>
internal readonly unsafe struct VectorAffineSearch : IAffineSearch
{
    private const int Length = IAffineSearch.Length, Lanes = 16;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public static void Search(float* x, float* weights, int count, AffineSearchGrid grid, float* scales, float* minima)
    {
        float* memory = stackalloc float[3 * Length * Lanes + Lanes];
        Vector512<float>* columns = (Vector512<float>*)(((nuint)memory + 63) & ~(nuint)63);
        Transpose(x, count, (float*)columns);
        if (weights is null) Weigh(columns, columns + Length);
        else Transpose(weights, count, (float*)(columns + Length));
        (Vector512<float> scale, Vector512<float> minimum) = Search(columns, columns + Length, columns + 2 * Length, grid);
        for (int lane = 0; lane < count; lane++) (scales[lane], minima[lane]) = (scale[lane], minimum[lane]);
    }

    private static void Weigh(Vector512<float>* x, Vector512<float>* weights)
    {
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < Length; i++) sum += x[i] * x[i];
        Vector512<float> mean = Vector512.Sqrt(sum / Vector512.Create((float)Length));
        for (int i = 0; i < Length; i++) weights[i] = mean + Vector512.Abs(x[i]);
    }

    private static (Vector512<float> Scale, Vector512<float> Minimum) Search(
        Vector512<float>* x, Vector512<float>* weights, Vector512<float>* levels, AffineSearchGrid grid)
    {
        Vector512<float> least = x[0], greatest = x[0], sumOfWeights = weights[0], sum = weights[0] * x[0];
        for (int i = 1; i < Length; i++)
        {
            least = Vector512.ConditionalSelect(Vector512.LessThan(x[i], least), x[i], least);
            greatest = Vector512.ConditionalSelect(Vector512.GreaterThan(x[i], greatest), x[i], greatest);
            sumOfWeights += weights[i];
            sum += weights[i] * x[i];
        }

        Vector512<float> zero = Vector512<float>.Zero, most = Vector512.Create((float)grid.Most);
        least = Vector512.ConditionalSelect(Vector512.GreaterThan(least, zero), zero, least);
        Vector512<float> flat = ~Vector512.GreaterThan(greatest, least), flatLeast = least;
        Vector512<float> inverse = most / (greatest - least);
        Vector512<float> scale = Vector512<float>.One / inverse;
        Vector512<float> leastError = zero;
        for (int i = 0; i < Length; i++)
            leastError = AddError(leastError, x[i], weights[i], ToLevel(x[i], least, inverse, most), scale, least);

        for (int step = 0; step <= grid.Steps; step++)
        {
            inverse = Vector512.Create(grid.Start + grid.Step * step + grid.Most) / (greatest - least);
            Vector512<float> sumOfLevels = zero, sumOfSquares = zero, sumOfProducts = zero;
            for (int i = 0; i < Length; i++)
            {
                Vector512<float> level = ToLevel(x[i], least, inverse, most);
                levels[i] = level;
                Vector512<float> weighted = weights[i] * level;
                sumOfLevels += weighted;
                sumOfSquares += weighted * level;
                sumOfProducts += weighted * x[i];
            }

            Vector512<float> determinant = sumOfWeights * sumOfSquares - sumOfLevels * sumOfLevels;
            Vector512<float> fittedScale = (sumOfWeights * sumOfProducts - sum * sumOfLevels) / determinant;
            Vector512<float> fittedLeast = (sumOfSquares * sum - sumOfLevels * sumOfProducts) / determinant;
            Vector512<float> isPositive = Vector512.GreaterThan(fittedLeast, zero);
            fittedScale = Vector512.ConditionalSelect(isPositive, sumOfProducts / sumOfSquares, fittedScale);
            fittedLeast = Vector512.ConditionalSelect(isPositive, zero, fittedLeast);
            Vector512<float> error = zero;
            for (int i = 0; i < Length; i++) error = AddError(error, x[i], weights[i], levels[i], fittedScale, fittedLeast);

            Vector512<float> isBetter = Vector512.GreaterThan(determinant, zero) & Vector512.LessThan(error, leastError);
            leastError = Vector512.ConditionalSelect(isBetter, error, leastError);
            scale = Vector512.ConditionalSelect(isBetter, fittedScale, scale);
            least = Vector512.ConditionalSelect(isBetter, fittedLeast, least);
        }

        return (Vector512.ConditionalSelect(flat, zero, scale), -Vector512.ConditionalSelect(flat, flatLeast, least));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToLevel(Vector512<float> x, Vector512<float> least, Vector512<float> inverse, Vector512<float> most)
    {
        Vector512<float> level = inverse * (x - least);
        // the mask first: a level that is no number becomes 0, as does a negative one
        level &= Vector512.GreaterThan(level, Vector512<float>.Zero);
        return Vector512.Round(Vector512.MinNative(level, most));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AddError(
        Vector512<float> error, Vector512<float> x, Vector512<float> weight, Vector512<float> level, Vector512<float> scale, Vector512<float> least)
    {
        Vector512<float> difference = scale * level + least - x;
        return error + weight * (difference * difference);
    }

    /// <summary>Puts weight i of sub-block s at [i, s]; the lanes without a sub-block repeat the first.</summary>
    private static void Transpose(float* source, int count, float* destination)
    {
        for (int lane = 0; lane < Lanes; lane++)
        {
            float* column = source + (lane < count ? lane : 0) * Length;
            for (int i = 0; i < Length; i++) destination[i * Lanes + lane] = column[i];
        }
    }
}
