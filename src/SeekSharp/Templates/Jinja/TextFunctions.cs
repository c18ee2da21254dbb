using System.Buffers;

namespace SeekSharp.Templates.Jinja;

/// <summary>Python's string functions on text that keeps its origin.</summary>
internal static class TextFunctions
{
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");

    internal static TemplateText Strip(TemplateText text, TemplateText? characters, bool left, bool right, Budget budget)
    {
        budget.Search(text.Length, characters?.Length ?? 1);
        bool Goes(char c) => characters is null ? Characters.IsSpace(c) : characters.Text.Contains(c);
        int start = 0, end = text.Length;
        while (left && start < end && Goes(text.Text[start])) start++;
        while (right && end > start && Goes(text.Text[end - 1])) end--;
        return text.Slice(start, end - start, budget);
    }

    internal static TemplateText Replace(TemplateText text, TemplateText old, TemplateText replacement, long count, Budget budget)
    {
        budget.Search(text.Length, old.Length);
        if (count < 0) count = long.MaxValue;
        if (old.Length == 0) return Intersperse(text, replacement, count, budget);
        var builder = new TextBuilder(budget);
        int from = 0;
        for (int at; count > 0 && (at = text.Text.IndexOf(old.Text, from, StringComparison.Ordinal)) >= 0; count--)
        {
            budget.Step();
            builder.Append(text, from, at - from);
            builder.Append(replacement);
            from = at + old.Length;
        }

        if (from == 0) return text;
        builder.Append(text, from, text.Length - from);
        return builder.ToText();
    }

    /// <summary>Replaces the empty text: the replacement stands before every character and at the end.</summary>
    private static TemplateText Intersperse(TemplateText text, TemplateText replacement, long count, Budget budget)
    {
        int[]? starts = Characters.Starts(text.Text, budget);
        int characters = starts is null ? text.Length : starts.Length - 1;
        budget.Step(characters);
        var builder = new TextBuilder(budget);
        for (int i = 0; i <= characters; i++)
        {
            if (count-- > 0) builder.Append(replacement);
            int start = starts?[i] ?? i;
            if (i < characters) builder.Append(text, start, (starts?[i + 1] ?? i + 1) - start);
        }

        return builder.ToText();
    }

    internal static ListValue Split(TemplateText text, TemplateText? separator, long limit, bool fromRight, Budget budget)
    {
        if (separator is { Length: 0 }) throw budget.Fail("a string cannot be split at the empty string");
        budget.Search(text.Length, separator?.Length ?? 1);
        if (limit < 0) limit = long.MaxValue;
        List<Value> parts = (separator, fromRight) switch
        {
            (null, false) => SplitWords(text, limit, budget),
            (null, true) => SplitWordsFromRight(text, limit, budget),
            (_, false) => SplitAt(text, separator.Text, limit, budget),
            _ => SplitAtFromRight(text, separator.Text, limit, budget),
        };
        return new ListValue(parts);
    }

    private static List<Value> SplitAt(TemplateText text, string separator, long limit, Budget budget)
    {
        var parts = new List<Value>();
        int from = 0;
        for (int at; limit > 0 && (at = text.Text.IndexOf(separator, from, StringComparison.Ordinal)) >= 0; limit--)
        {
            Add(parts, text, from, at, budget);
            from = at + separator.Length;
        }

        Add(parts, text, from, text.Length, budget);
        return parts;
    }

    private static List<Value> SplitAtFromRight(TemplateText text, string separator, long limit, Budget budget)
    {
        var parts = new List<Value>();
        int end = text.Length;
        for (int at; limit > 0 && (at = text.Text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; limit--)
        {
            Add(parts, text, at + separator.Length, end, budget);
            end = at;
        }

        Add(parts, text, 0, end, budget);
        parts.Reverse();
        return parts;
    }

    private static List<Value> SplitWords(TemplateText text, long limit, Budget budget)
    {
        var parts = new List<Value>();
        string characters = text.Text;
        int from = 0;
        while (true)
        {
            while (from < characters.Length && Characters.IsSpace(characters[from])) from++;
            if (from == characters.Length) return parts;
            int end = from;
            if (limit-- > 0)
            {
                while (end < characters.Length && !Characters.IsSpace(characters[end])) end++;
            }
            else
            {
                end = characters.Length;
            }

            Add(parts, text, from, end, budget);
            if (limit < 0) return parts;
            from = end;
        }
    }

    private static List<Value> SplitWordsFromRight(TemplateText text, long limit, Budget budget)
    {
        var parts = new List<Value>();
        string characters = text.Text;
        int end = characters.Length;
        while (true)
        {
            while (end > 0 && Characters.IsSpace(characters[end - 1])) end--;
            if (end == 0) break;
            int start = end;
            if (limit-- > 0)
            {
                while (start > 0 && !Characters.IsSpace(characters[start - 1])) start--;
            }
            else
            {
                start = 0;
            }

            Add(parts, text, start, end, budget);
            if (limit < 0) break;
            end = start;
        }

        parts.Reverse();
        return parts;
    }

    internal static ListValue SplitLines(TemplateText text, bool keepEnds, Budget budget)
    {
        budget.Scan(text.Length);
        var lines = new List<Value>();
        for (int start = 0; start < text.Length;)
        {
            int end = text.Text.AsSpan(start).IndexOfAny(LineEnds);
            end = end < 0 ? text.Length : start + end;
            int next = end < text.Length ? end + 1 : end;
            if (next < text.Length && text.Text[end] == '\r' && text.Text[next] == '\n') next++;
            Add(lines, text, start, keepEnds ? next : end, budget);
            start = next;
        }

        return new ListValue(lines);
    }

    private static void Add(List<Value> parts, TemplateText text, int start, int end, Budget budget)
    {
        budget.Step();
        parts.Add(new TextValue(text.Slice(start, end - start, budget)));
    }

    internal static TextValue Join(IReadOnlyList<Value> items, TemplateText separator, Budget budget)
    {
        var builder = new TextBuilder(budget);
        for (int i = 0; i < items.Count; i++)
        {
            budget.Step();
            if (i > 0) builder.Append(separator);
            Printer.Print(items[i], builder, budget);
        }

        return new TextValue(builder.ToText());
    }

    /// <summary>Jinja2's filter "indent".</summary>
    internal static TemplateText Indent(TemplateText text, TemplateText indentation, bool first, bool blank, Budget budget)
    {
        var newline = TemplateText.FromTemplate("\n");
        IReadOnlyList<Value> lines = SplitLines(TemplateText.Concat(text, newline, budget), keepEnds: false, budget).Items;
        var builder = new TextBuilder(budget);
        if (first) builder.Append(indentation);
        for (int i = 0; i < lines.Count; i++)
        {
            TemplateText line = ((TextValue)lines[i]).Text;
            if (i > 0) builder.Append(newline);
            if (i > 0 && (blank || line.Length > 0)) builder.Append(indentation);
            builder.Append(line);
        }

        return builder.ToText();
    }

    internal static TemplateText EscapeHtml(TemplateText text, Budget budget) => text.Map(
        run => run.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal),
        budget);
}
