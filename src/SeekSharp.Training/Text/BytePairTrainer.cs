using System.Runtime.InteropServices;
using System.Text;
using SeekSharp.Tokenizers;

namespace SeekSharp.Training.Text;

/// <summary>
/// Learns a byte-level vocabulary by byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909): again and again the pair that stands side by side
/// most often
/// becomes a token. Words are those of Qwen2's pre-tokenizer, in which every digit is a word. Exact and deterministic: of pairs that are equally
/// frequent, the
/// one with the lower ids comes first.
/// </summary>
internal sealed class BytePairTrainer
{
    private const int Bytes = 256;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    private sealed class Word(int[] symbols, long count)
    {
        public List<int> Symbols { get; } = [.. symbols];

        public long Count { get; } = count;
    }

    /// <summary>Counts the words of a text.</summary>
    public void Add(string text)
    {
        var points = new CodePoints(text);
        int start = 0;
        foreach (int end in PreTokenizer.Qwen2.Split(points))
        {
            string word = Encoding.UTF8.GetString(points.Utf8(start, end));
            if (MayMerge(word)) CollectionsMarshal.GetValueRefOrAddDefault(_counts, word, out _)++;
            start = end;
        }
    }

    /// <summary>Learns merges.</summary>
    /// <param name="vocabularySize">Size of the vocabulary with its 256 bytes, without special tokens.</param>
    /// <returns>The merges, the first learned first, as spellings in <see cref="ByteAlphabet"/>.</returns>
    /// <exception cref="ArgumentException">The texts have too few different pairs.</exception>
    public IReadOnlyList<(string Left, string Right)> Train(int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, Bytes);
        List<string> spellings = [.. Enumerable.Range(0, Bytes).Select(value => $"{ByteAlphabet.Encode((byte)value)}")];
        Word[] words = [.. _counts.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => new Word([.. Encoding.UTF8.GetBytes(entry.Key).Select(value => (int)value)], entry.Value))];
        Dictionary<(int Left, int Right), long> pairs = [];
        Dictionary<(int Left, int Right), HashSet<int>> places = [];
        for (int i = 0; i < words.Length; i++) Count(words[i], i, +1, pairs, places);

        List<(string, string)> merges = [];
        while (spellings.Count < vocabularySize)
        {
            (int left, int right) = MostFrequent(pairs, vocabularySize);
            merges.Add((spellings[left], spellings[right]));
            foreach (int i in places[(left, right)].Order().ToArray())
            {
                Count(words[i], i, -1, pairs, places);
                Merge(words[i].Symbols, left, right, spellings.Count);
                Count(words[i], i, +1, pairs, places);
            }

            spellings.Add(spellings[left] + spellings[right]);
        }

        return merges;
    }

    private static (int Left, int Right) MostFrequent(Dictionary<(int Left, int Right), long> pairs, int vocabularySize)
    {
        ((int Left, int Right) Pair, long Count) best = ((int.MaxValue, int.MaxValue), 0);
        foreach ((var pair, long count) in pairs)
            if (count > best.Count || (count == best.Count && pair.CompareTo(best.Pair) < 0)) best = (pair, count);
        return best.Count > 0 ? best.Pair : throw new ArgumentException($"The texts have too few different words for a vocabulary of {vocabularySize}; give more text or ask for a smaller one.", nameof(vocabularySize));
    }

    private static void Count(Word word, int index, int sign, Dictionary<(int Left, int Right), long> pairs, Dictionary<(int Left, int Right), HashSet<int>> places)
    {
        for (int i = 1; i < word.Symbols.Count; i++)
        {
            var pair = (word.Symbols[i - 1], word.Symbols[i]);
            CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _) += sign * word.Count;
            ref HashSet<int>? known = ref CollectionsMarshal.GetValueRefOrAddDefault(places, pair, out _);
            known ??= [];
            if (sign > 0) known.Add(index);
            else known.Remove(index);
        }
    }

    private static void Merge(List<int> symbols, int left, int right, int merged)
    {
        int kept = 0;
        for (int i = 0; i < symbols.Count; i++)
        {
            bool matches = symbols[i] == left && i + 1 < symbols.Count && symbols[i + 1] == right;
            symbols[kept++] = matches ? merged : symbols[i];
            if (matches) i++;
        }

        symbols.RemoveRange(kept, symbols.Count - kept);
    }

    /// <summary>
    /// Words with letters, and single signs with the white space around them. Signs of a calculation stay apart, so that a sign is always the same
    /// token.
    /// </summary>
    private static bool MayMerge(string word) => word.Any(char.IsLetter) || word.Count(character => !char.IsWhiteSpace(character)) <= 1;
}
