using System.Buffers;

namespace SeekSharp.Tokenizers;

/// <summary>
/// Finds tokens that are matched in the text before anything else, leftmost first, longest first. The spellings lie sorted, and the stretch of those that
/// still fit narrows character by character: unlike a tree, that takes no memory per character of a spelling.
/// </summary>
internal sealed class SpecialTokenMatcher
{
    private readonly (int Token, string Spelling)[] _spellings;
    private readonly SearchValues<char> _firsts;

    /// <summary>Sorts the spellings.</summary>
    /// <param name="spellings">Tokens and their spellings, none empty, no two the same.</param>
    public SpecialTokenMatcher(IEnumerable<(int Token, string Spelling)> spellings)
    {
        _spellings = [.. spellings];
        Array.Sort(_spellings, (a, b) => string.CompareOrdinal(a.Spelling, b.Spelling));
        _firsts = SearchValues.Create([.. _spellings.Select(entry => entry.Spelling[0]).Distinct()]);
    }

    /// <summary>Finds the first special token.</summary>
    /// <param name="text">Where to look.</param>
    /// <returns>The token, where it starts and how long it is; token -1 where there is none.</returns>
    public (int Token, int Start, int Length) Find(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (text[start..].IndexOfAny(_firsts) is var skipped && skipped >= 0)
        {
            start += skipped;
            (int token, int length) = Longest(text[start..]);
            if (token >= 0) return (token, start, length);
            start++;
        }

        return (-1, text.Length, 0);
    }

    /// <summary>The longest spelling that the text starts with.</summary>
    private (int Token, int Length) Longest(ReadOnlySpan<char> text)
    {
        (int token, int length) = (-1, 0);
        (int from, int to) = (0, _spellings.Length);
        for (int depth = 0; depth < text.Length; depth++)
        {
            from = FirstAtLeast(text[depth], depth, from, to);
            to = text[depth] == char.MaxValue ? to : FirstAtLeast((char)(text[depth] + 1), depth, from, to);
            if (from == to) break;
            // Of those with the same beginning, the one that ends here is sorted first.
            if (_spellings[from].Spelling.Length == depth + 1) (token, length) = (_spellings[from].Token, depth + 1);
        }

        return (token, length);
    }

    /// <summary>The first spelling in a stretch whose character at <paramref name="depth"/> is not less; those that end there are less than all.</summary>
    private int FirstAtLeast(char character, int depth, int from, int to)
    {
        while (from < to)
        {
            int middle = (from + to) / 2;
            string spelling = _spellings[middle].Spelling;
            if (spelling.Length > depth && spelling[depth] >= character) to = middle;
            else from = middle + 1;
        }

        return from;
    }
}
