using System.Buffers;

namespace SeekSharp.Tokenizers;

/// <summary>Finds tokens that are matched in the text before anything else, leftmost first, longest first.</summary>
internal sealed class SpecialTokenMatcher
{
    private readonly Dictionary<(int Node, char Next), int> _edges = [];
    private readonly List<int> _tokens = [-1];
    private readonly SearchValues<char> _firsts;

    /// <summary>Builds the tree of spellings.</summary>
    /// <param name="spellings">Tokens and their spellings, none empty.</param>
    public SpecialTokenMatcher(IEnumerable<(int Token, string Spelling)> spellings)
    {
        HashSet<char> firsts = [];
        foreach ((int token, string spelling) in spellings)
        {
            firsts.Add(spelling[0]);
            int node = 0;
            foreach (char next in spelling)
            {
                if (!_edges.TryGetValue((node, next), out int child))
                {
                    _edges.Add((node, next), child = _tokens.Count);
                    _tokens.Add(-1);
                }

                node = child;
            }

            _tokens[node] = token;
        }

        _firsts = SearchValues.Create([.. firsts]);
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
            int node = 0, token = -1, length = 0;
            for (int i = start; i < text.Length && _edges.TryGetValue((node, text[i]), out node); i++)
                if (_tokens[node] >= 0) (token, length) = (_tokens[node], i + 1 - start);
            if (token >= 0) return (token, start, length);
            start++;
        }

        return (-1, text.Length, 0);
    }
}
