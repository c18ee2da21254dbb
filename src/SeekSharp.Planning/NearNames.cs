namespace SeekSharp.Planning;

/// <summary>Finds names as people type them, and what they may have meant.</summary>
internal static class NearNames
{
    private const int LongestName = 100;

    /// <summary>Letters and digits alone, lower case: "H100-SXM" is "h100sxm".</summary>
    public static string Plain(string name) => string.Concat(name.Take(LongestName).Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>The names nearest to one that is unknown, the nearest first.</summary>
    /// <param name="name">What was typed.</param>
    /// <param name="names">What there is.</param>
    /// <param name="count">At most so many.</param>
    public static IReadOnlyList<string> Nearest(string name, IEnumerable<string> names, int count)
    {
        string plain = Plain(name);
        return [.. names.Distinct().OrderBy(other => Distance(plain, Plain(other))).ThenBy(other => other, StringComparer.Ordinal).Take(count)];
    }

    /// <summary>Insertions, deletions and replacements from one text to the other.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
