using System.Text;

namespace SeekSharp.Tokenizers;

/// <summary>
/// SentencePiece's merges: any two symbols that together are a token merge, those of the highest score first. They are looked up when a text asks
/// for them; a list of all pairs would be as long as all tokens together, and takes quadratic time to make.
/// </summary>
internal sealed class ScoredMerges : MergeTable
{
    private readonly IReadOnlyList<string> _tokens;
    private readonly List<string> _characters = [];
    private readonly int[] _ranks;
    private readonly int _longest;

    /// <summary>Ranks the tokens and gives symbols to the characters that are none.</summary>
    /// <param name="scores">Score of each token, finite.</param>
    /// <param name="tokens">Spelling of each token.</param>
    /// <param name="vocabulary">The tokens.</param>
    public ScoredMerges(IReadOnlyList<float> scores, IReadOnlyList<string> tokens, Vocabulary vocabulary) : base(vocabulary)
    {
        _tokens = tokens;
        _ranks = Ranks(scores);
        HashSet<Rune> seen = [];
        Span<char> buffer = stackalloc char[2];
        for (int id = 0; id < tokens.Count; id++)
        {
            if (vocabulary.FindText(tokens[id]) != id) continue;
            _longest = Math.Max(_longest, tokens[id].Length);
            foreach (Rune rune in tokens[id].EnumerateRunes())
            {
                if (!seen.Add(rune)) continue;
                ReadOnlySpan<char> character = buffer[..rune.EncodeToUtf16(buffer)];
                if (Find(character) < 0) _characters.Add(AddCharacter(character.ToString()));
            }
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(int left, int right, out Merge merge)
    {
        merge = default;
        if (left < 0 || right < 0) return false;
        (string first, string second) = (SpellingOf(left), SpellingOf(right));
        int length = first.Length + second.Length;
        if (length > _longest) return false;
        Span<char> spelling = stackalloc char[_longest];
        first.CopyTo(spelling);
        second.CopyTo(spelling[first.Length..]);
        if (Vocabulary.FindText(spelling[..length]) is not { } token) return false;
        merge = new Merge(_ranks[token], token);
        return true;
    }

    private string AddCharacter(string character)
    {
        FindOrAdd(character);
        return character;
    }

    private string SpellingOf(int symbol) => symbol < _tokens.Count ? _tokens[symbol] : _characters[symbol - Vocabulary.Count];

    /// <summary>The rank of each token: 0 for the highest score, the same for equal scores.</summary>
    private static int[] Ranks(IReadOnlyList<float> scores)
    {
        float[] sorted = [.. scores];
        int[] ids = [.. Enumerable.Range(0, sorted.Length)];
        Array.Sort(sorted, ids);
        var ranks = new int[ids.Length];
        for (int i = ids.Length - 1, rank = 0; i >= 0; i--)
        {
            if (i < ids.Length - 1 && sorted[i] != sorted[i + 1]) rank++;
            ranks[ids[i]] = rank;
        }

        return ranks;
    }
}
