using System.Globalization;
using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>Python's <c>strftime</c> with English names.</summary>
internal static class DateFormat
{
    internal static string Format(DateTimeOffset date, string format, Budget budget)
    {
        budget.Step(format.Length);
        budget.Characters(format.Length * 8L);
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            bool unpadded = format[i + 1] == '-' && i + 2 < format.Length;
            char code = format[i += unpadded ? 2 : 1];
            string? text = Field(date, code);
            if (text is null) result.Append(unpadded ? "%-" : "%").Append(code);
            else result.Append(unpadded && text.Length > 1 ? text.TrimStart('0').PadLeft(1, '0') : text);
        }

        return result.ToString();
    }

    private static string? Field(DateTimeOffset date, char code)
    {
        string? pattern = code switch
        {
            'Y' => "yyyy", 'y' => "yy", 'm' => "MM", 'd' => "dd", 'b' or 'h' => "MMM", 'B' => "MMMM", 'a' => "ddd", 'A' => "dddd",
            'H' => "HH", 'I' => "hh", 'M' => "mm", 'S' => "ss", 'p' => "tt", 'f' => "ffffff", 'F' => "yyyy-MM-dd", 'T' => "HH:mm:ss",
            _ => null,
        };
        return pattern is not null ? date.ToString(pattern, CultureInfo.InvariantCulture) : code switch
        {
            'e' => date.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'j' => date.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'z' => date.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal),
            '%' => "%",
            _ => null,
        };
    }
}
