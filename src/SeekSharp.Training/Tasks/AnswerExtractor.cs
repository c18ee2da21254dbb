namespace SeekSharp.Training.Tasks;

/// <summary>Finds the answer in a model's reply: strictly, where the format says it is, or leniently, where a reader would see it.</summary>
public static class AnswerExtractor
{
    private const string Open = "<think>", Close = "</think>";
    private const int Longest = 65_536;

    private static readonly string[] s_announcements = ["answer is", "answer:", "result is", "result:", "final answer"];

    /// <summary>The answer alone: what stands behind the one closing tag of the thoughts, or the whole reply where there are no tags.</summary>
    /// <param name="reply">The reply, with thoughts; the opening tag may stand in the prompt.</param>
    /// <returns>The answer, trimmed; empty where thoughts were not finished or the tags are out of order.</returns>
    public static string Strict(string reply) => TrySplit(reply, out _, out string answer) ? answer : "";

    /// <summary>Splits a reply into thought and answer.</summary>
    /// <param name="reply">The reply; the opening tag may stand in the prompt.</param>
    /// <param name="thought">The thought, trimmed; empty where there are no tags.</param>
    /// <param name="answer">The answer, trimmed.</param>
    /// <returns>Whether the format is kept: no tags, or one closing tag that ends the thought with at most one opening tag before
    /// everything.</returns>
    public static bool TrySplit(string reply, out string thought, out string answer)
    {
        ArgumentNullException.ThrowIfNull(reply);
        thought = "";
        answer = reply.Trim();
        int close = reply.IndexOf(Close, StringComparison.Ordinal);
        if (close < 0) return !answer.Contains(Open, StringComparison.Ordinal);
        thought = reply[..close].Trim();
        answer = reply[(close + Close.Length)..].Trim();
        if (thought.StartsWith(Open, StringComparison.Ordinal)) thought = thought[Open.Length..].Trim();
        return !thought.Contains(Open, StringComparison.Ordinal) && !answer.Contains(Open, StringComparison.Ordinal) && !answer.Contains(Close, StringComparison.Ordinal);
    }

    /// <summary>
    /// The answer where a reader would see it, behind the last closing tag if there is one: the last <c>\boxed{...}</c>, else what follows the last
    /// "answer
    /// is", else the last number (where a number is wanted) or the last line; without quotes, stars and full stops around it.
    /// </summary>
    /// <param name="reply">The reply: any text.</param>
    /// <param name="form">What kind of answer is wanted.</param>
    /// <returns>One candidate, maybe empty.</returns>
    public static string Lenient(string reply, AnswerForm form)
    {
        ArgumentNullException.ThrowIfNull(reply);
        string text = reply.Length <= Longest ? reply : reply[^Longest..];
        int close = text.LastIndexOf(Close, StringComparison.Ordinal);
        if (close >= 0) text = text[(close + Close.Length)..];
        if (form == AnswerForm.Prose) return text.Trim();
        string found = Boxed(text) ?? Announced(text) ?? text;
        if (form == AnswerForm.Number) return LastNumber(found) ?? LastNumber(text) ?? Bare(LastLine(found));
        return Bare(LastLine(found));
    }

    /// <summary>What stands in the last \boxed{...}, braces inside it included.</summary>
    private static string? Boxed(string text)
    {
        const string mark = "\\boxed{";
        int at = text.LastIndexOf(mark, StringComparison.Ordinal);
        if (at < 0) return null;
        int start = at + mark.Length, depth = 1;
        for (int i = start; i < text.Length; i++)
        {
            if (text[i] == '{') depth++;
            if (text[i] == '}' && --depth == 0) return text[start..i];
        }

        return null;
    }

    private static string? Announced(string text)
    {
        int end = -1;
        foreach (string announcement in s_announcements)
        {
            int at = text.LastIndexOf(announcement, StringComparison.OrdinalIgnoreCase);
            if (at >= 0) end = Math.Max(end, at + announcement.Length);
        }

        if (end < 0) return null;
        string rest = text[end..].TrimStart(':', ' ', '\n', '\r', '*');
        int line = rest.IndexOf('\n', StringComparison.Ordinal);
        return line < 0 ? rest : rest[..line];
    }

    /// <summary>The last number, without thousands separators.</summary>
    private static string? LastNumber(string text)
    {
        int end = text.Length - 1;
        while (end >= 0 && !char.IsAsciiDigit(text[end])) end--;
        if (end < 0) return null;
        int start = end;
        while (start > 0 && (char.IsAsciiDigit(text[start - 1]) || (text[start - 1] is '.' or ',' && start > 1 && char.IsAsciiDigit(text[start - 2])))) start--;
        bool isNegative = start > 0 && text[start - 1] is '-' or '−' && (start == 1 || !char.IsLetterOrDigit(text[start - 2]));
        string digits = text[start..(end + 1)];
        // "3, 5" is two numbers, "3,500" is one.
        string joined = digits.Replace(",", "", StringComparison.Ordinal);
        if (digits.Contains(',', StringComparison.Ordinal) && !IsGrouped(digits)) joined = digits[(digits.LastIndexOf(',') + 1)..];
        return isNegative ? "-" + joined : joined;
    }

    private static bool IsGrouped(string digits)
    {
        string[] groups = digits.Split('.')[0].Split(',');
        return groups[0].Length is >= 1 and <= 3 && groups[1..].All(group => group.Length == 3);
    }

    private static string LastLine(string text)
    {
        string trimmed = text.Trim();
        int line = trimmed.LastIndexOf('\n');
        return line < 0 ? trimmed : trimmed[(line + 1)..];
    }

    private static string Bare(string text) => text.Trim(' ', '.', '!', '*', '"', '\'', '`', '$', '\t', '\r');
}
