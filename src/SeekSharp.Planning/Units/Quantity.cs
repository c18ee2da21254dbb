using System.Globalization;

namespace SeekSharp.Planning.Units;

/// <summary>Quantities as people write them: "400GB/s", "50 GB/s", "25..400GB/s", "$2/h", "14.8T", "2,048".</summary>
public static class Quantity
{
    /// <summary>Reads a quantity.</summary>
    /// <param name="text">Number, prefix and unit; the unit may be left out, but not of a time. k, M, G, T, P and E are decimal, Ki, Mi, Gi and Ti binary.</param>
    /// <param name="dimension">What it measures.</param>
    /// <param name="name">What is read, for messages.</param>
    /// <returns>The value in the dimension's own unit: finite and not negative.</returns>
    /// <exception cref="PlanningException">The text is no such quantity.</exception>
    public static double Parse(string text, Dimension dimension, string name) => Read(text, dimension, name, out _);

    /// <summary>Reads a range such as "25..400GB/s"; the unit of the second number holds for a first one without. One quantity is a range of one value.</summary>
    /// <param name="text">Two quantities with ".." between them, or one.</param>
    /// <param name="dimension">What they measure.</param>
    /// <param name="name">What is read, for messages.</param>
    /// <exception cref="PlanningException">The text is no such range, or ends before it begins.</exception>
    public static (double Least, double Most) ParseRange(string text, Dimension dimension, string name)
    {
        int dots = text.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            double value = Parse(text, dimension, name);
            return (value, value);
        }

        string first = text[..dots].Trim(), second = text[(dots + 2)..].Trim();
        double most = Read(second, dimension, name, out string unit);
        double least = Read(first.Length > 0 && char.IsAsciiDigit(first[^1]) ? first + unit : first, dimension, name, out _);
        return least <= most ? (least, most) : throw new PlanningException($"The range '{text}' of {name} ends before it begins.");
    }

    /// <summary>Writes a quantity so that <see cref="Parse"/> reads it again: "400 GB/s", "$2/h", "2,048".</summary>
    /// <param name="value">The value in the dimension's own unit.</param>
    /// <param name="dimension">What it measures.</param>
    public static string Format(double value, Dimension dimension) => dimension switch
    {
        Dimension.Bytes => Scaled(value, "B"),
        Dimension.BytesPerSecond => Scaled(value, "B/s"),
        Dimension.OperationsPerSecond => Scaled(value, "OPS"),
        Dimension.Watts => $"{Digits(value)} W",
        Dimension.SquareMillimetres => $"{Digits(value)} mm2",
        Dimension.DollarsPerHour => $"${Digits(value)}/h",
        Dimension.Dollars => $"${Digits(value)}",
        Dimension.Seconds => $"{Digits(value)} s",
        _ => Digits(value),
    };

    private static string Scaled(double value, string unit)
    {
        (string prefix, double factor) = value switch
        {
            >= 1e18 => ("E", 1e18),
            >= 1e15 => ("P", 1e15),
            >= 1e12 => ("T", 1e12),
            >= 1e9 => ("G", 1e9),
            >= 1e6 => ("M", 1e6),
            >= 1e3 => ("k", 1e3),
            _ => ("", 1.0),
        };
        return $"{Digits(value / factor)} {prefix}{unit}";
    }

    private static string Digits(double value) =>
        value >= 1e15 ? value.ToString("0.####e+0", CultureInfo.InvariantCulture) : value.ToString("#,0.####", CultureInfo.InvariantCulture);

    private static double Read(string text, Dimension dimension, string name, out string unit)
    {
        string rest = text.Trim();
        bool isMoney = dimension is Dimension.DollarsPerHour or Dimension.Dollars;
        if (isMoney && rest.StartsWith('$')) rest = rest[1..].TrimStart();
        int end = NumberEnd(rest);
        unit = rest[end..].Trim();
        string digits = rest[..end];
        if (!HasGoodCommas(digits) || !double.TryParse(digits.Replace(",", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            throw Fail(text, dimension, name);
        double value = number * Factor(unit, dimension, text, name);
        if (double.IsNegative(value) && value != 0) throw new PlanningException($"{name} must not be negative, but is '{text}'.");
        return double.IsFinite(value) ? value : throw Fail(text, dimension, name);
    }

    /// <summary>The length of the number; an "e" belongs to it where an exponent follows.</summary>
    private static int NumberEnd(string text)
    {
        int at = 0;
        if (at < text.Length && text[at] is '+' or '-') at++;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or ',')) at++;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            int digits = at + 1;
            if (digits < text.Length && text[digits] is '+' or '-') digits++;
            if (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                at = digits;
                while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            }
        }

        return at;
    }

    /// <summary>Commas stand between groups of three digits only, so that "1,5" is no fifteen.</summary>
    private static bool HasGoodCommas(string digits)
    {
        string[] groups = digits.TrimStart('+', '-').Split('.', 'e', 'E')[0].Split(',');
        return groups.Length == 1
            ? digits.IndexOf(',') < 0
            : groups[0].Length is >= 1 and <= 3 && groups.Skip(1).All(group => group.Length == 3) && digits.Count(c => c == ',') == groups.Length - 1;
    }

    private static double Factor(string unit, Dimension dimension, string text, string name)
    {
        foreach (var (suffix, factor) in Suffixes(dimension))
        {
            if (!unit.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && suffix.Length > 0) continue;
            // "b" is a bit and "B" a byte; "w" and "W" are the same.
            if (suffix.Length > 0 && suffix[0] is 'b' or 'B' && !unit.EndsWith(suffix, StringComparison.Ordinal)) continue;
            if (Prefix(unit[..^suffix.Length].TrimEnd(), dimension) is { } prefix) return prefix * factor;
        }

        throw Fail(text, dimension, name);
    }

    private static double? Prefix(string prefix, Dimension dimension) => prefix switch
    {
        "" => 1,
        "k" or "K" => 1e3,
        "m" when dimension == Dimension.Seconds => 1e-3,
        "u" or "µ" when dimension == Dimension.Seconds => 1e-6,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        _ => null,
    };

    /// <summary>Units with their sizes, the longest first; the empty one last.</summary>
    private static (string Suffix, double Factor)[] Suffixes(Dimension dimension) => dimension switch
    {
        Dimension.Count => [("B", 1e9), ("", 1)],
        Dimension.Bytes => [("B", 1), ("", 1)],
        Dimension.BytesPerSecond => [("bit/s", 0.125), ("bps", 0.125), ("B/s", 1), ("b/s", 0.125), ("", 1)],
        Dimension.OperationsPerSecond => [("FLOP/s", 1), ("FLOPS", 1), ("OP/s", 1), ("OPS", 1), ("", 1)],
        Dimension.DollarsPerHour => [("$/hour", 1), ("/hour", 1), ("$/h", 1), ("/h", 1), ("$", 1), ("", 1)],
        Dimension.Dollars => [("$", 1), ("", 1)],
        Dimension.Watts => [("W", 1), ("", 1)],
        Dimension.SquareMillimetres => [("mm2", 1), ("mm²", 1), ("", 1)],
        Dimension.Seconds => [("min", 60), ("d", 86_400), ("h", 3600), ("s", 1)],
        _ => throw new ArgumentOutOfRangeException(nameof(dimension)),
    };

    private static PlanningException Fail(string text, Dimension dimension, string name) => new($"{name} must be {Example(dimension)}, not '{text}'.");

    private static string Example(Dimension dimension) => dimension switch
    {
        Dimension.Count => "a number such as 2,048 or 14.8T",
        Dimension.Bytes => "a size such as 80GB",
        Dimension.BytesPerSecond => "a rate such as 400GB/s",
        Dimension.OperationsPerSecond => "a rate such as 989TFLOPS",
        Dimension.DollarsPerHour => "a price such as $2/h",
        Dimension.Dollars => "a sum such as $0.14",
        Dimension.Watts => "a power such as 700W",
        Dimension.SquareMillimetres => "an area such as 814mm2",
        _ => "a time such as 20ms or 2h",
    };
}
