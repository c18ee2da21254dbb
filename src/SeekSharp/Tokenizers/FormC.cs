using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SeekSharp.Tokenizers;

/// <summary>
/// Unicode's normalisation form C (Unicode Standard Annex 15). Own code, because string.Normalize returns its text unchanged where an application sets
/// InvariantGlobalization, and depends on the machine's ICU where it does not.
/// </summary>
internal static class FormC
{
    private const int FirstSyllable = 0xAC00, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTrail = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28;

    private static readonly Lazy<Tables> s_tables = new(Tables.Read);

    /// <summary>Normalises a text.</summary>
    /// <param name="text">The text; where it has to change, unpaired surrogates become U+FFFD.</param>
    /// <returns>The text in form C.</returns>
    public static ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text) =>
        IsBelowMarks(text) || IsNormal(text, s_tables.Value) ? text : Compose(CollectionsMarshal.AsSpan(Decompose(text, s_tables.Value)), s_tables.Value);

    /// <summary>Whether all characters lie below U+0300, the first that can change a text.</summary>
    private static bool IsBelowMarks(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('\0', '\u02FF');

    private static bool IsNormal(ReadOnlySpan<char> text, Tables tables)
    {
        foreach (Rune rune in text.EnumerateRunes())
            if (rune.Value >= 0x300 && tables.Unstable.Contains(rune.Value)) return false;
        return true;
    }

    private static List<int> Decompose(ReadOnlySpan<char> text, Tables tables)
    {
        List<int> result = new(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            int syllable = rune.Value - FirstSyllable;
            if (syllable is >= 0 and < LeadCount * VowelCount * TrailCount)
            {
                result.Add(FirstLead + syllable / (VowelCount * TrailCount));
                result.Add(FirstVowel + syllable / TrailCount % VowelCount);
                if (syllable % TrailCount > 0) result.Add(FirstTrail + syllable % TrailCount);
            }
            else if (tables.Decompositions.TryGetValue(rune.Value, out int[]? parts)) result.AddRange(parts);
            else result.Add(rune.Value);
        }

        Order(result, tables);
        return result;
    }

    /// <summary>Sorts each run of combining characters by class; equals keep their order.</summary>
    private static void Order(List<int> text, Tables tables)
    {
        for (int start = 0; start < text.Count; start++)
        {
            int end = start;
            while (end < text.Count && tables.ClassOf(text[end]) > 0) end++;
            if (end - start > 1)
            {
                int[] sorted = [.. text[start..end].OrderBy(tables.ClassOf)];
                for (int i = 0; i < sorted.Length; i++) text[start + i] = sorted[i];
            }

            start = Math.Max(start, end - 1);
        }
    }

    private static string Compose(Span<int> text, Tables tables)
    {
        int length = 0, starter = -1, lastClass = 0;
        foreach (int codePoint in text)
        {
            // A character joins the last starter unless one between them is a starter too or has no lower class.
            int combining = tables.ClassOf(codePoint);
            bool isBlocked = starter < 0 || (length > starter + 1 && lastClass >= combining);
            if (!isBlocked && Compose(text[starter], codePoint, tables) is { } composed)
            {
                text[starter] = composed;
                continue;
            }

            if (combining == 0) starter = length;
            lastClass = combining;
            text[length++] = codePoint;
        }

        StringBuilder result = new(length);
        foreach (int codePoint in text[..length]) result.Append(new Rune(codePoint));
        return result.ToString();
    }

    private static int? Compose(int first, int second, Tables tables)
    {
        int lead = first - FirstLead, vowel = second - FirstVowel, syllable = first - FirstSyllable, trail = second - FirstTrail;
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount) return FirstSyllable + (lead * VowelCount + vowel) * TrailCount;
        if (syllable is >= 0 and < LeadCount * VowelCount * TrailCount && syllable % TrailCount == 0 && trail is > 0 and < TrailCount)
            return first + trail;
        return tables.Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, int> _classes = [];

        public Dictionary<int, int[]> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        /// <summary>What may change a text that it stands in.</summary>
        public HashSet<int> Unstable { get; } = [];

        public static Tables Read()
        {
            Tables tables = new();
            Dictionary<string, int> composed = new(StringComparer.Ordinal);
            using Stream stream = typeof(FormC).Assembly.GetManifestResourceStream("SeekSharp.Tokenizers.FormC.txt")!;
            using StreamReader reader = new(stream);
            int combiningClass = 0;
            while (reader.ReadLine() is { } line)
            {
                if (line[0] == ':') tables.AddClass(++combiningClass, line[1..]);
                else if (line[0] != '#') tables.AddDecomposition(line, composed);
            }

            tables.AddCompositions(composed);
            tables.Unstable.UnionWith(tables._classes.Keys);
            tables.Unstable.UnionWith(tables.Compositions.Keys.Select(pair => pair.Second));
            tables.Unstable.UnionWith(Enumerable.Range(FirstVowel, VowelCount));
            tables.Unstable.UnionWith(Enumerable.Range(FirstTrail + 1, TrailCount - 1));
            return tables;
        }

        public int ClassOf(int codePoint) => codePoint < 0x300 ? 0 : _classes.GetValueOrDefault(codePoint);

        private void AddClass(int combiningClass, string ranges)
        {
            foreach (string range in ranges.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                int[] ends = [.. range.Split('-').Select(Hexadecimal)];
                for (int codePoint = ends[0]; codePoint <= ends[^1]; codePoint++) _classes.Add(codePoint, combiningClass);
            }
        }

        private void AddDecomposition(string line, Dictionary<string, int> composed)
        {
            string[] fields = line.Split(' ');
            int codePoint = Hexadecimal(fields[0].TrimEnd('!'));
            Decompositions.Add(codePoint, [.. fields[1..].Select(Hexadecimal)]);
            if (fields[0].EndsWith('!')) Unstable.Add(codePoint);
            else composed.Add(string.Join(' ', fields[1..]), codePoint);
        }

        /// <summary>A composed character is made of its last part and of what composes the parts before it.</summary>
        private void AddCompositions(Dictionary<string, int> composed)
        {
            foreach ((string parts, int codePoint) in composed)
            {
                int last = parts.LastIndexOf(' ');
                string before = parts[..last];
                Compositions.Add((composed.TryGetValue(before, out int first) ? first : Hexadecimal(before), Hexadecimal(parts[(last + 1)..])), codePoint);
            }
        }

        private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
