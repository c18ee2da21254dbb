namespace SeekSharp.Inference;

/// <summary>Finds the smallest of many numbers without sorting all of them.</summary>
internal static class Selection
{
    /// <summary>Moves the smallest values to the front, in any order (quickselect, Hoare 1961).</summary>
    /// <param name="values">Distinct values.</param>
    /// <param name="count">How many to move; more than there are changes nothing.</param>
    public static void MoveSmallestFirst(Span<ulong> values, int count)
    {
        while (count > 0 && count < values.Length)
        {
            int middle = Partition(values);
            if (count <= middle)
            {
                values = values[..middle];
            }
            else
            {
                values = values[middle..];
                count -= middle;
            }
        }
    }

    // Everything before the returned index is at most everything from it on. Both parts have a value, because the pivot is never the
    // greatest of distinct values.
    private static int Partition(Span<ulong> values)
    {
        ulong pivot = MedianOfThree(values[0], values[(values.Length - 1) / 2], values[^1]);
        int left = -1, right = values.Length;
        while (true)
        {
            do left++; while (values[left] < pivot);
            do right--; while (values[right] > pivot);
            if (left >= right) return right + 1;
            (values[left], values[right]) = (values[right], values[left]);
        }
    }

    private static ulong MedianOfThree(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
