using System.Globalization;
using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>Values as text, as Python's <c>str</c> and <c>repr</c> write them. What is not the text of a string counts as data.</summary>
internal static class Printer
{
    internal static TemplateText ToText(Value value, Budget budget)
    {
        if (value is TextValue text) return text.Text;
        var builder = new TextBuilder(budget);
        Print(value, builder, budget);
        return builder.ToText();
    }

    internal static void Print(Value value, TextBuilder output, Budget budget)
    {
        switch (value)
        {
            case UndefinedValue:
                break;
            case TextValue text:
                output.Append(text.Text);
                break;
            case DictionaryValue { JsonText: { } json }:
                output.Append(json);
                break;
            default:
                Represent(value, output, budget);
                break;
        }
    }

    private static void Represent(Value value, TextBuilder output, Budget budget)
    {
        budget.Step();
        switch (value)
        {
            case TextValue text:
                Quote(text.Text, output, budget);
                break;
            case ListValue list:
                output.AppendData(list.IsTuple ? "(" : "[");
                RepresentItems(list.Items, output, budget);
                output.AppendData(list.IsTuple ? list.Items.Count == 1 ? ",)" : ")" : "]");
                break;
            case DictionaryValue dictionary:
                output.AppendData("{");
                RepresentEntries(dictionary, output, budget);
                output.AppendData("}");
                break;
            default:
                output.AppendData(ToPlainText(value));
                break;
        }
    }

    private static void RepresentItems(IReadOnlyList<Value> items, TextBuilder output, Budget budget)
    {
        budget.Enter();
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) output.AppendData(", ");
            Represent(items[i], output, budget);
        }

        budget.Leave();
    }

    private static void RepresentEntries(DictionaryValue dictionary, TextBuilder output, Budget budget)
    {
        budget.Enter();
        string separator = "";
        foreach (DictionaryValue.Entry entry in dictionary.Entries)
        {
            output.AppendData(separator);
            Quote(entry.Key, output, budget);
            output.AppendData(": ");
            Represent(entry.Value, output, budget);
            separator = ", ";
        }

        budget.Leave();
    }

    private static string ToPlainText(Value value) => value switch
    {
        NoneValue => "None",
        BooleanValue boolean => boolean.IsTrue ? "True" : "False",
        IntegerValue integer => integer.Number.ToString(CultureInfo.InvariantCulture),
        FloatValue number => ToText(number.Number),
        UndefinedValue => "Undefined",
        CallableValue callable => $"<function {callable.Name}>",
        _ => $"<{value.TypeName}>",
    };

    private static void Quote(TemplateText text, TextBuilder output, Budget budget)
    {
        budget.Scan(text.Length);
        char quote = text.Text.Contains('\'') && !text.Text.Contains('"') ? '"' : '\'';
        output.AppendData([quote]);
        output.Append(text.Map(run => Escape(run, quote), budget));
        output.AppendData([quote]);
    }

    private static string Escape(string text, char quote)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                '\\' => result.Append("\\\\"),
                _ when c == quote => result.Append('\\').Append(c),
                < ' ' or (>= '\u007f' and <= '\u00a0') or '\u00ad' => result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                '\u2028' or '\u2029' or '\u200b' or '\ufeff' => result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }

    /// <summary>The shortest digits that read back as the same number, in Python's form: 1e16 and up, and below 1e-4, with an exponent.</summary>
    internal static string ToText(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        string sign = shortest.StartsWith('-') ? "-" : "";
        int mark = shortest.IndexOf('E', StringComparison.Ordinal);
        string digits = string.Concat(shortest.AsSpan(0, mark < 0 ? shortest.Length : mark).ToString().Where(char.IsAsciiDigit)).Trim('0');
        if (digits.Length == 0) return sign + "0.0";
        string scientific = mark < 0 ? number.ToString("E16", CultureInfo.InvariantCulture) : shortest;
        int exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is >= 16 or < -4)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 1, '0');
        string fraction = digits[(exponent + 1)..];
        return $"{sign}{digits[..(exponent + 1)]}.{(fraction.Length == 0 ? "0" : fraction)}";
    }
}
