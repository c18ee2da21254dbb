using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SeekSharp.Quantization;

/// <summary><see cref="ScaleSearch"/> for the 16 sub-blocks of a block, one per lane: the same operations in the same order, so that results are the same bit for bit.</summary>
internal readonly unsafe struct VectorScaleSearch : IScaleSearch
{
    private const int Length = IScaleSearch.Length;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public static void Search(float* x, float* weights, int half, float* scales)
    {
        float* memory = stackalloc float[2 * Length * Length + Length];
        Vector512<float>* columns = (Vector512<float>*)(((nuint)memory + 63) & ~(nuint)63);
        Transpose(x, (float*)columns);
        if (weights is not null) Transpose(weights, (float*)(columns + Length));
        else for (int i = 0; i < Length; i++) columns[Length + i] = columns[i] * columns[i];
        Search(columns, columns + Length, half).Store(scales);
    }

    private static Vector512<float> Search(Vector512<float>* x, Vector512<float>* weights, int half)
    {
        Vector512<float> extreme = Vector512<float>.Zero;
        for (int i = 0; i < Length; i++)
            extreme = Vector512.ConditionalSelect(Vector512.GreaterThan(Vector512.Abs(x[i]), Vector512.Abs(extreme)), x[i], extreme);

        Bounds bounds = new(Vector512.Create((float)-half), Vector512.Create((float)(half - 1)));
        (Vector512<float> products, Vector512<float> squares) = Sums(x, weights, bounds, Vector512.Create((float)-half) / extreme);
        Vector512<float> scale = Vector512.ConditionalSelect(Vector512.Equals(squares, Vector512<float>.Zero), Vector512<float>.Zero, products / squares);
        Vector512<float> best = scale * products;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0) continue;
            (products, squares) = Sums(x, weights, bounds, Vector512.Create(-(half + 0.1f * step)) / extreme);
            Vector512<float> isBetter = Vector512.GreaterThan(squares, Vector512<float>.Zero) & Vector512.GreaterThan(products * products, best * squares);
            scale = Vector512.ConditionalSelect(isBetter, products / squares, scale);
            best = Vector512.ConditionalSelect(isBetter, scale * products, best);
        }

        Vector512<float> isZero = Vector512.LessThan(Vector512.Abs(extreme), Vector512.Create(ScaleSearch.LeastMagnitude));
        return Vector512.ConditionalSelect(isZero, Vector512<float>.Zero, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Products, Vector512<float> Squares) Sums(
        Vector512<float>* x, Vector512<float>* weights, Bounds bounds, Vector512<float> inverse)
    {
        Vector512<float> products = Vector512<float>.Zero, squares = Vector512<float>.Zero;
        for (int i = 0; i < Length; i++)
        {
            Vector512<float> level = Vector512.MaxNative(bounds.Least, Vector512.MinNative(bounds.Most, Vector512.Round(inverse * x[i])));
            products += weights[i] * x[i] * level;
            squares += weights[i] * level * level;
        }

        return (products, squares);
    }

    private static void Transpose(float* source, float* destination)
    {
        for (int row = 0; row < Length; row++)
            for (int column = 0; column < Length; column++) destination[column * Length + row] = source[row * Length + column];
    }

    private readonly record struct Bounds(Vector512<float> Least, Vector512<float> Most);
}
