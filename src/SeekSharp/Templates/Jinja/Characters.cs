using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>Python's view of characters.</summary>
internal static class Characters
{
    /// <summary>What Python's <c>str.strip</c> and <c>str.split</c> take for white space.</summary>
    internal static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    /// <summary>Where each code point starts, and the end; null where every code point is one UTF-16 unit.</summary>
    internal static int[]? Starts(string text, Budget budget)
    {
        budget.Scan(text.Length);
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0) return null;
        budget.Step(text.Length);
        var starts = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1) starts.Add(i);
        starts.Add(text.Length);
        return [.. starts];
    }

    internal static string Upper(string text) => text.ToUpperInvariant();

    internal static string Lower(string text) => text.ToLowerInvariant();

    internal static TemplateText Capitalize(TemplateText text, Budget budget)
    {
        if (text.Length == 0) return text;
        int first = Rune.DecodeFromUtf16(text.Text, out _, out int length) == System.Buffers.OperationStatus.Done ? length : 1;
        return TemplateText.Concat(
            text.Slice(0, first, budget).Map(Upper, budget), text.Slice(first, text.Length - first, budget).Map(Lower, budget), budget);
    }

    /// <summary>Capitalizes every word; a word starts where <paramref name="startsWord"/> says so of the character before it.</summary>
    internal static TemplateText Title(TemplateText text, Func<char, bool> startsWord, Budget budget)
    {
        budget.Step(text.Length);
        bool start = true;
        return text.Map(run =>
        {
            var letters = run.ToCharArray();
            for (int i = 0; i < letters.Length; i++)
            {
                char c = letters[i];
                letters[i] = start ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c);
                start = startsWord(c);
            }

            return new string(letters);
        }, budget);
    }
}
