using System.Globalization;

namespace SeekSharp.Training.Tasks;

/// <summary>Compares answers. Bounded and total: any text may come.</summary>
internal static class AnswerText
{
    /// <summary>Longer answers are wrong, whatever they say.</summary>
    public const int Longest = 4096;

    private static readonly char[] s_separators = [',', ' ', '\t', '\n', '\r'];

    /// <summary>Whether two answers of one form say the same.</summary>
    public static bool AreEqual(AnswerForm form, string expected, string answer) => form switch
    {
        AnswerForm.Number => TryNumber(expected, out decimal right) && TryNumber(answer, out decimal given) && right == given,
        AnswerForm.List => Items(expected).SequenceEqual(Items(answer), StringComparer.OrdinalIgnoreCase),
        _ => string.Equals(expected.Trim(), answer.Trim(), StringComparison.OrdinalIgnoreCase),
    };

    /// <summary>Reads a plain number: an optional sign, ASCII digits, an optional fraction. No exponent, no separators, nothing around it.</summary>
    public static bool TryNumber(string text, out decimal value)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        value = 0;
        return trimmed.Length <= 29 && trimmed is [.., >= '0' and <= '9'] && trimmed.TrimStart("+-") is [>= '0' and <= '9', ..] &&
            decimal.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }

    private static string[] Items(string list) => list.Split(s_separators, StringSplitOptions.RemoveEmptyEntries);
}
