namespace SeekSharp.Quantization;

/// <summary>Finds the scale of sub-blocks of 16 weights with levels on both sides of zero.</summary>
internal unsafe interface IScaleSearch
{
    /// <summary>Weights of a sub-block.</summary>
    const int Length = 16;

    /// <summary>Searches the 16 sub-blocks of a block.</summary>
    /// <param name="x">256 weights.</param>
    /// <param name="weights">How much the error of each counts, or null: the weight's own square.</param>
    /// <param name="half">Levels go from -half to half - 1.</param>
    /// <param name="scales">Receives the scale of each sub-block.</param>
    static abstract void Search(float* x, float* weights, int half, float* scales);
}

/// <summary>
/// Finds the scale of a sub-block: for 19 first guesses the weights are rounded to levels, the scale is fitted to the levels by weighted least squares,
/// and the best fit wins (ggml: make_qx_quants). This plain form is the specification of <see cref="VectorScaleSearch"/>.
/// </summary>
internal readonly unsafe struct ScaleSearch : IScaleSearch
{
    /// <summary>Below this magnitude a sub-block counts as zero.</summary>
    public const float LeastMagnitude = 1e-15f;

    /// <inheritdoc/>
    public static void Search(float* x, float* weights, int half, float* scales)
    {
        const int length = IScaleSearch.Length;
        Span<float> squares = stackalloc float[length];
        for (int sub = 0; sub < 16; sub++)
        {
            float* first = x + sub * length;
            for (int i = 0; i < length; i++) squares[i] = first[i] * first[i];
            ReadOnlySpan<float> subWeights = weights is null ? squares : new(weights + sub * length, length);
            scales[sub] = Search(new(first, length), subWeights, half, Span<byte>.Empty);
        }
    }

    /// <summary>Searches one sub-block.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="weights">How much the error of each counts.</param>
    /// <param name="half">Levels go from -half to half - 1.</param>
    /// <param name="levels">Receives level + half of each weight, or empty where they are not wanted.</param>
    /// <returns>The scale; it has the opposite sign of the weight with the greatest magnitude.</returns>
    public static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int half, Span<byte> levels)
    {
        float extreme = 0;
        foreach (float value in x)
            if (MathF.Abs(value) > MathF.Abs(extreme)) extreme = value;
        if (MathF.Abs(extreme) < LeastMagnitude)
        {
            levels.Fill((byte)half);
            return 0;
        }

        float bestInverse = -half / extreme;
        (float products, float squares) = Sums(x, weights, half, bestInverse);
        float scale = squares != 0 ? products / squares : 0;
        float best = scale * products;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0) continue;
            float inverse = -(half + 0.1f * step) / extreme;
            (products, squares) = Sums(x, weights, half, inverse);
            if (!(squares > 0 && products * products > best * squares)) continue;
            bestInverse = inverse;
            scale = products / squares;
            best = scale * products;
        }

        for (int i = 0; i < levels.Length; i++) levels[i] = (byte)(ToLevel(x[i], bestInverse, half) + half);
        return scale;
    }

    private static (float Products, float Squares) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int half, float inverse)
    {
        float products = 0, squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float level = ToLevel(x[i], inverse, half);
            products += weights[i] * x[i] * level;
            squares += weights[i] * level * level;
        }

        return (products, squares);
    }

    private static float ToLevel(float x, float inverse, int half) => MathF.Max(-half, MathF.Min(half - 1, MathF.Round(inverse * x)));
}

/// <summary>
/// Finds the common scale of numbers that are not negative, with levels 0 to most (ggml: make_qp_quants): the best of 9 first guesses, then each level is
/// moved while that lessens the error.
/// </summary>
internal static class PositiveSearch
{
    /// <summary>Searches.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="weights">How much the error of each counts.</param>
    /// <param name="most">The highest level.</param>
    /// <param name="levels">Receives the level of each number.</param>
    /// <returns>The scale.</returns>
    public static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, Span<byte> levels)
    {
        float greatest = 0;
        foreach (float value in x) greatest = MathF.Max(greatest, value);
        levels.Clear();
        if (greatest < ScaleSearch.LeastMagnitude) return 0;

        float inverse = BestInverse(x, weights, most, greatest);
        float products = 0, squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float level = ToLevel(x[i], inverse, most);
            levels[i] = (byte)level;
            products += weights[i] * x[i] * level;
            squares += weights[i] * level * level;
        }

        for (int round = 0; round < 5; round++)
            if (!Move(x, weights, most, levels, ref products, ref squares)) break;
        return squares > 0 ? products / squares : 0;
    }

    private static float BestInverse(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, float greatest)
    {
        float best = most / greatest;
        float leastError = Error(x, weights, most, best);
        for (int step = -4; step <= 4; step++)
        {
            if (step == 0) continue;
            float inverse = (0.1f * step + most) / greatest;
            float error = Error(x, weights, most, inverse);
            if (error < leastError) (leastError, best) = (error, inverse);
        }

        return best;
    }

    private static float Error(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, float inverse)
    {
        float error = 0, scale = 1 / inverse;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = x[i] - scale * ToLevel(x[i], inverse, most);
            error += weights[i] * difference * difference;
        }

        return error;
    }

    private static bool Move(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, Span<byte> levels, ref float products, ref float squares)
    {
        bool isChanged = false;
        for (int i = 0; i < x.Length; i++)
        {
            float otherProducts = products - weights[i] * x[i] * levels[i];
            float otherSquares = squares - weights[i] * levels[i] * levels[i];
            if (!(otherProducts > 0 && otherSquares > 0)) continue;
            float level = ToLevel(x[i], otherSquares / otherProducts, most);
            if (level == levels[i]) continue;
            otherProducts += weights[i] * x[i] * level;
            otherSquares += weights[i] * level * level;
            if (!(otherProducts * otherProducts * squares > products * products * otherSquares)) continue;
            levels[i] = (byte)level;
            (products, squares) = (otherProducts, otherSquares);
            isChanged = true;
        }

        return isChanged;
    }

    private static float ToLevel(float x, float inverse, int most) => MathF.Max(0, MathF.Min(most, MathF.Round(inverse * x)));
}
