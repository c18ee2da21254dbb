using System.Globalization;
using System.Text;

namespace SeekSharp.Cli.Chat;

/// <summary>Columns that text takes in a terminal.</summary>
internal static class TextWidth
{
    // Blocks of Unicode's East_Asian_Width W and F, and of emoji, roughly.
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F),
        (0xFF00, 0xFF60), (0xFFE0, 0xFFE6), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    public static int Of(Rune rune)
    {
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control) return 0;
        foreach (var (first, last) in Wide)
            if (rune.Value >= first && rune.Value <= last) return 2;
        return 1;
    }

    public static int Of(string text) => text.EnumerateRunes().Sum(Of);

    /// <summary>The end of a text that fits into some columns.</summary>
    public static string Last(string text, int columns)
    {
        int start = text.Length;
        while (start > 0)
        {
            Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out Rune rune, out int length);
            columns -= Of(rune);
            if (columns < 0) break;
            start -= length;
        }

        return text[start..];
    }
}
