namespace SeekSharp.Quantization;

/// <summary>What levels 0 to most stand for: level x <paramref name="Scale"/> - <paramref name="Minimum"/>.</summary>
/// <param name="Scale">Distance of two levels, not negative.</param>
/// <param name="Minimum">What level 0 lies below zero, not negative.</param>
internal readonly record struct AffineFit(float Scale, float Minimum);

/// <summary>Which scales are tried: (most + Start + Step x i) / (greatest - least weight), i = 0 ... Steps, each a first guess that is then fitted.</summary>
internal readonly record struct AffineSearchGrid(int Most, float Start, float Step, int Steps)
{
    /// <summary>The grid that ggml takes for weights with an importance matrix.</summary>
    public static AffineSearchGrid Weighted(int most) => new(most, -0.9f, 0.05f, 36);
}

/// <summary>
/// Finds scale and minimum of a sub-block: for each first guess of the scale the weights are rounded to levels, scale and minimum are fitted to these
/// levels by weighted least squares, and the fit with the least weighted squared error wins (ggml: make_qkx2_quants and make_qkx3_quants). This plain form
/// is the specification of <see cref="VectorAffineSearch"/>.
/// </summary>
internal readonly unsafe struct AffineSearch : IAffineSearch
{
    /// <inheritdoc/>
    public static void Search(float* x, float* weights, int count, AffineSearchGrid grid, float* scales, float* minima)
    {
        const int length = IAffineSearch.Length;
        Span<float> magnitudes = stackalloc float[length];
        for (int sub = 0; sub < count; sub++)
        {
            float* first = x + sub * length;
            if (weights is null) Weigh(first, magnitudes);
            ReadOnlySpan<float> subWeights = weights is null ? magnitudes : new(weights + sub * length, length);
            AffineFit fit = Search(new(first, length), subWeights, grid, Span<byte>.Empty);
            (scales[sub], minima[sub]) = (fit.Scale, fit.Minimum);
        }
    }

    /// <summary>Searches one sub-block.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="weights">How much the error of each counts.</param>
    /// <param name="grid">What to try.</param>
    /// <param name="levels">Receives the level of each weight, or empty where they are not wanted.</param>
    public static AffineFit Search(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, AffineSearchGrid grid, Span<byte> levels)
    {
        float least = x[0], greatest = x[0], sumOfWeights = weights[0], sum = weights[0] * x[0];
        for (int i = 1; i < x.Length; i++)
        {
            if (x[i] < least) least = x[i];
            if (x[i] > greatest) greatest = x[i];
            sumOfWeights += weights[i];
            sum += weights[i] * x[i];
        }

        if (least > 0) least = 0;
        levels.Clear();
        if (!(greatest > least)) return new AffineFit(0, -least);

        Span<float> tried = stackalloc float[x.Length], best = stackalloc float[x.Length];
        float inverse = grid.Most / (greatest - least);
        float scale = 1 / inverse;
        ToLevels(x, least, inverse, grid.Most, best);
        float leastError = Error(x, weights, best, scale, least);
        for (int step = 0; step <= grid.Steps; step++)
        {
            // "least" is the minimum of the best fit so far, as in ggml
            ToLevels(x, least, (grid.Start + grid.Step * step + grid.Most) / (greatest - least), grid.Most, tried);
            float sumOfLevels = 0, sumOfSquares = 0, sumOfProducts = 0;
            for (int i = 0; i < x.Length; i++)
            {
                float weighted = weights[i] * tried[i];
                sumOfLevels += weighted;
                sumOfSquares += weighted * tried[i];
                sumOfProducts += weighted * x[i];
            }

            float determinant = sumOfWeights * sumOfSquares - sumOfLevels * sumOfLevels;
            if (!(determinant > 0)) continue;
            float fittedScale = (sumOfWeights * sumOfProducts - sum * sumOfLevels) / determinant;
            float fittedLeast = (sumOfSquares * sum - sumOfLevels * sumOfProducts) / determinant;
            if (fittedLeast > 0) (fittedScale, fittedLeast) = (sumOfProducts / sumOfSquares, 0);
            float error = Error(x, weights, tried, fittedScale, fittedLeast);
            if (!(error < leastError)) continue;
            tried.CopyTo(best);
            (leastError, scale, least) = (error, fittedScale, fittedLeast);
        }

        for (int i = 0; i < levels.Length; i++) levels[i] = (byte)best[i];
        return new AffineFit(scale, -least);
    }

    private static void Weigh(float* x, Span<float> weights)
    {
        float mean = MathF.Sqrt(Rows.SquareSum(x, weights.Length) / weights.Length);
        for (int i = 0; i < weights.Length; i++) weights[i] = mean + MathF.Abs(x[i]);
    }

    private static void ToLevels(ReadOnlySpan<float> x, float least, float inverse, int most, Span<float> levels)
    {
        // a product that is no number (an infinite inverse) gives level 0
        for (int i = 0; i < x.Length; i++)
            levels[i] = inverse * (x[i] - least) is > 0 and var level ? MathF.Round(MathF.Min(level, most)) : 0;
    }

    private static float Error(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<float> levels, float scale, float least)
    {
        float error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = scale * levels[i] + least - x[i];
            error += weights[i] * (difference * difference);
        }

        return error;
    }
}
