namespace SeekSharp.Training.Tasks;

/// <summary>What families draw.</summary>
internal static class Draws
{
    private static readonly long[] s_powers = [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>One of several.</summary>
    public static T Pick<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>True with a probability.</summary>
    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>A whole number, both ends included.</summary>
    public static long Between(this Random random, long first, long last) => random.NextInt64(first, last + 1);

    /// <summary>A number whose count of digits is uniform, so that short ones are not rare.</summary>
    public static long Digits(this Random random, int fewest, int most)
    {
        int digits = random.Next(fewest, most + 1);
        return random.NextInt64(s_powers[digits - 1], s_powers[digits]);
    }

    /// <summary>Several of many, none twice, in random order.</summary>
    public static T[] Sample<T>(this Random random, IReadOnlyList<T> items, int count)
    {
        T[] all = [.. items];
        random.Shuffle(all);
        return all[..count];
    }
}
