using System.Globalization;
using System.Text;

namespace SeekSharp.Templates.Jinja;

/// <summary>The filter "tojson" as transformers defines it: Python's <c>json.dumps</c>, which leaves other scripts unescaped unless asked.</summary>
internal sealed class JsonPrinter
{
    private readonly Budget _budget;
    private readonly TextBuilder _output;
    private readonly string? _indentation;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _asciiOnly;
    private readonly bool _sortKeys;

    private JsonPrinter(Arguments arguments, Budget budget)
    {
        _budget = budget;
        _output = new TextBuilder(budget);
        _asciiOnly = arguments.FindFlag(0, "ensure_ascii");
        _indentation = ToIndentation(arguments.Find(1, "indent"), budget);
        (_itemSeparator, _keySeparator) = ToSeparators(arguments.Find(2, "separators"), budget) ?? (_indentation is null ? ", " : ",", ": ");
        _sortKeys = arguments.FindFlag(3, "sort_keys");
    }

    internal static TextValue Print(Value value, Arguments arguments, Budget budget)
    {
        // Templates written for Jinja2's own filter give the indentation first.
        if (arguments.Positional is [IntegerValue indent, ..])
            arguments = new Arguments(arguments.Callee, [BooleanValue.False, indent], arguments.Keywords, budget);
        var printer = new JsonPrinter(arguments, budget);
        printer.Print(value, 0);
        return new TextValue(printer._output.ToText());
    }

    private static string? ToIndentation(Value? indent, Budget budget)
    {
        switch (indent)
        {
            case null or NoneValue:
                return null;
            case TextValue text:
                return text.Text.Text;
            case IntegerValue integer:
                if (integer.Number > 100) throw budget.Fail($"an indentation of {integer.Number} is too wide");
                return new string(' ', (int)Math.Max(integer.Number, 0));
            default:
                throw budget.Fail($"the indentation is {indent.TypeName}, not integer");
        }
    }

    private static (string Item, string Key)? ToSeparators(Value? separators, Budget budget) => separators switch
    {
        null or NoneValue => null,
        ListValue { Items: [TextValue item, TextValue key] } => (item.Text.Text, key.Text.Text),
        _ => throw budget.Fail("the separators are not two strings"),
    };

    private void Print(Value value, int depth)
    {
        _budget.Step();
        switch (value)
        {
            case NoneValue or UndefinedValue:
                _output.AppendData("null");
                break;
            case BooleanValue boolean:
                _output.AppendData(boolean.IsTrue ? "true" : "false");
                break;
            case IntegerValue integer:
                _output.AppendData(integer.Number.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number:
                _output.AppendData(ToText(number.Number));
                break;
            case TextValue text:
                PrintText(text.Text);
                break;
            case ListValue list:
                PrintList(list, depth);
                break;
            case DictionaryValue dictionary:
                PrintDictionary(dictionary, depth);
                break;
            default:
                throw _budget.Fail($"a value of type {value.TypeName} has no JSON form");
        }
    }

    private static string ToText(double number)
    {
        if (double.IsFinite(number)) return Printer.ToText(number);
        return double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    }

    private void PrintList(ListValue list, int depth)
    {
        _budget.Enter();
        _output.AppendData("[");
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (i > 0) _output.AppendData(_itemSeparator);
            BreakLine(depth + 1);
            Print(list.Items[i], depth + 1);
        }

        if (list.Items.Count > 0) BreakLine(depth);
        _output.AppendData("]");
        _budget.Leave();
    }

    private void PrintDictionary(DictionaryValue dictionary, int depth)
    {
        _budget.Enter();
        IEnumerable<DictionaryValue.Entry> entries = dictionary.Entries;
        if (_sortKeys)
        {
            _budget.Step(8L * dictionary.Count);
            entries = entries.OrderBy(entry => entry.Key.Text, StringComparer.Ordinal);
        }

        _output.AppendData("{");
        bool first = true;
        foreach (DictionaryValue.Entry entry in entries)
        {
            if (!first) _output.AppendData(_itemSeparator);
            first = false;
            BreakLine(depth + 1);
            PrintText(entry.Key);
            _output.AppendData(_keySeparator);
            Print(entry.Value, depth + 1);
        }

        if (!first) BreakLine(depth);
        _output.AppendData("}");
        _budget.Leave();
    }

    private void BreakLine(int depth)
    {
        if (_indentation is null) return;
        _output.AppendData("\n");
        for (int i = 0; i < depth && _indentation.Length > 0; i++) _output.AppendData(_indentation);
    }

    private void PrintText(TemplateText text)
    {
        _output.AppendData("\"");
        _output.Append(text.Map(Escape, _budget));
        _output.AppendData("\"");
    }

    private string Escape(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            int escape = "\"\\\n\r\t\b\f".IndexOf(c, StringComparison.Ordinal);
            if (escape >= 0) result.Append('\\').Append("\"\\nrtbf"[escape]);
            else if (c < ' ' || (_asciiOnly && c > '~')) result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else result.Append(c);
        }

        return result.ToString();
    }
}
