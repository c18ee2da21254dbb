namespace SeekSharp.Planning.Serving;

/// <summary>Sums in float32 in the order of additions that PyTorch has on x86-64 for a contiguous row, so that sums with rounding come out the same.</summary>
internal static class FloatSum
{
    private const int Lanes = 8, Chains = 4, Levels = 4;

    /// <summary>Rows of at least eight are added in eight lanes, each of them in four chains; shorter rows in four chains.</summary>
    public static float Of(ReadOnlySpan<float> row)
    {
        if (row.Length < Lanes) return Strided(row, 0, 1, row.Length);
        int steps = row.Length / Lanes;
        float sum = 0;
        for (int i = steps * Lanes; i < row.Length; i++) sum += row[i];
        for (int lane = 0; lane < Lanes; lane++) sum += Strided(row, lane, Lanes, steps);
        return sum;
    }

    /// <summary>Adds every stride-th element in four chains, then what is left over, then the chains.</summary>
    private static float Strided(ReadOnlySpan<float> row, int first, int stride, int count)
    {
        int steps = count / Chains;
        float sum = Cascade(row, first, stride * Chains, steps);
        for (int i = steps * Chains; i < count; i++) sum += row[first + (i * stride)];
        for (int chain = 1; chain < Chains; chain++) sum += Cascade(row, first + (chain * stride), stride * Chains, steps);
        return sum;
    }

    /// <summary>Adds in runs of at least 16, and the runs in runs again, which keeps the error of long sums small.</summary>
    private static float Cascade(ReadOnlySpan<float> row, int first, int stride, int count)
    {
        int power = Math.Max(4, CeilingLog2(count) / Levels), run = 1 << power, i = 0;
        Span<float> levels = stackalloc float[Levels];
        levels.Clear();
        while (i + run <= count)
        {
            for (int j = 0; j < run; j++, i++) levels[0] += row[first + (i * stride)];
            for (int level = 1; level < Levels; level++)
            {
                levels[level] += levels[level - 1];
                levels[level - 1] = 0;
                if ((i & ((run - 1) << (level * power))) != 0) break;
            }
        }

        for (; i < count; i++) levels[0] += row[first + (i * stride)];
        for (int level = 1; level < Levels; level++) levels[0] += levels[level];
        return levels[0];
    }

    private static int CeilingLog2(int value) => value <= 2 ? 1 : 32 - int.LeadingZeroCount(value - 1);
}
