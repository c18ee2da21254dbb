using System.Text;

namespace SeekSharp.Training.Tasks;

/// <summary>
/// Words to spell, reverse and count letters in: English ones, made-up ones and rows of letters, so that no word can surprise by its pieces.
/// </summary>
internal static class WordList
{
    private static readonly string[] s_onsets =
        [
            "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "w", "z", "bl", "br", "ch", "cl", "cr", "dr", "fl",
            "fr", "gr", "pl", "pr", "sh", "sl", "sp", "st", "str", "th", "tr", "",
        ];

    private static readonly string[] s_vowels = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou", "y"];

    private static readonly string[] s_codas = ["", "", "", "n", "r", "l", "s", "t", "m", "ck", "ll", "nd", "ng", "rt", "ss", "st", "x", "tt"];

    /// <summary>English words of 3 to 11 letters, all lower case, none twice.</summary>
    public static IReadOnlyList<string> Common { get; } = Read();

    /// <summary>Draws a word of lower-case letters.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="shortest">Fewest letters, at least 2.</param>
    /// <param name="longest">Most letters.</param>
    public static string Draw(Random random, int shortest, int longest)
    {
        while (true)
        {
            double kind = random.NextDouble();
            string word = kind < 0.6 ? random.Pick(Common) : kind < 0.85 ? MakeUp(random) : Letters(random, random.Next(shortest, longest + 1));
            if (word.Length >= shortest && word.Length <= longest) return word;
            if (shortest > 8) return Lengthen(random, word, shortest, longest);
        }
    }

    /// <summary>Draws an English word.</summary>
    public static string DrawCommon(Random random, int longest)
    {
        while (true)
        {
            string word = random.Pick(Common);
            if (word.Length <= longest) return word;
        }
    }

    private static string Lengthen(Random random, string word, int shortest, int longest)
    {
        while (word.Length < shortest) word += random.Chance(0.5) ? random.Pick(Common) : MakeUp(random);
        return word.Length <= longest ? word : word[..longest];
    }

    private static string MakeUp(Random random)
    {
        var word = new StringBuilder();
        int syllables = random.Next(1, 4);
        for (int i = 0; i < syllables; i++) word.Append(random.Pick(s_onsets)).Append(random.Pick(s_vowels)).Append(random.Pick(s_codas));
        return word.ToString();
    }

    private static string Letters(Random random, int length) => string.Create(length, random, static (letters, source) =>
    {
        for (int i = 0; i < letters.Length; i++) letters[i] = (char)('a' + source.Next(26));
    });

    private static string[] Read()
    {
        using Stream stream = typeof(WordList).Assembly.GetManifestResourceStream("SeekSharp.Training.words.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
    }
}
