using System.Collections.Frozen;
using System.Globalization;

namespace SeekSharp.Templates.Jinja;

internal delegate Value Filter(Evaluator evaluator, Value operand, Arguments arguments);

/// <summary>The filters, with Jinja2's meaning.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["abs"] = (e, value, _) => Abs(e, value),
        ["capitalize"] = (e, value, _) => Text(Characters.Capitalize(ToText(e, value), e.Budget)),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["e"] = (e, value, _) => Text(TextFunctions.EscapeHtml(ToText(e, value), e.Budget)),
        ["escape"] = (e, value, _) => Text(TextFunctions.EscapeHtml(ToText(e, value), e.Budget)),
        ["float"] = ToFloat,
        ["indent"] = Indent,
        ["int"] = ToInteger,
        ["items"] = Items,
        ["join"] = Join,
        ["length"] = Length,
        ["lower"] = (e, value, _) => Text(ToText(e, value).Map(Characters.Lower, e.Budget)),
        ["replace"] = (e, value, a) => Text(TextFunctions.Replace(
            ToText(e, value), ToText(e, a.Get(0, "old")), ToText(e, a.Get(1, "new")), a.FindInteger(2, "count", -1), e.Budget)),
        ["round"] = Round,
        ["safe"] = (_, value, _) => value,
        ["string"] = (e, value, _) => Text(ToText(e, value)),
        ["title"] = (e, value, _) => Text(Characters.Title(ToText(e, value), SeparatesWords, e.Budget)),
        ["tojson"] = (e, value, a) => JsonPrinter.Print(value, a, e.Budget),
        ["trim"] = (e, value, a) => Text(TextFunctions.Strip(ToText(e, value), a.FindText(0, "chars"), left: true, right: true, e.Budget)),
        ["upper"] = (e, value, _) => Text(ToText(e, value).Map(Characters.Upper, e.Budget)),
        ["wordcount"] = (e, value, _) => new IntegerValue(TextFunctions.Split(ToText(e, value), null, -1, fromRight: false, e.Budget).Items.Count),
    }.Concat(SequenceFilters.All).ToFrozenDictionary(StringComparer.Ordinal);

    internal static Value Run(Evaluator evaluator, string name, Value operand, Arguments arguments)
    {
        evaluator.Budget.Step();
        Filter filter = All.GetValueOrDefault(name) ?? throw evaluator.Fail($"there is no filter '{name}'");
        return filter(evaluator, operand, arguments);
    }

    private static TextValue Text(TemplateText text) => new(text);

    private static bool SeparatesWords(char c) => c is '-' or '(' or '{' or '[' or '<' || Characters.IsSpace(c);

    private static TemplateText ToText(Evaluator evaluator, Value value) => Printer.ToText(value, evaluator.Budget);

    private static Value Abs(Evaluator evaluator, Value value) => value switch
    {
        FloatValue number => new FloatValue(Math.Abs(number.Number)),
        _ when Operations.WholeNumber(value) is { } number => Operations.Negate(value, negates: number < 0, evaluator.Budget),
        _ => throw evaluator.Fail($"a value of type {value.TypeName} has no absolute value"),
    };

    private static IntegerValue Length(Evaluator evaluator, Value value, Arguments arguments) => value switch
    {
        UndefinedValue => new IntegerValue(0),
        ListValue list => new IntegerValue(list.Items.Count),
        DictionaryValue dictionary => new IntegerValue(dictionary.Count),
        TextValue text => new IntegerValue(Characters.Starts(text.Text.Text, evaluator.Budget)?.Length - 1 ?? text.Text.Length),
        _ => throw evaluator.Fail($"a value of type {value.TypeName} has no length"),
    };

    private static Value Default(Evaluator evaluator, Value value, Arguments arguments)
    {
        bool missing = value is UndefinedValue || (arguments.FindFlag(1, "boolean") && !value.IsTrue);
        return missing ? arguments.Find(0, "default_value") ?? TextValue.Empty : value;
    }

    private static Value ToInteger(Evaluator evaluator, Value value, Arguments arguments)
    {
        Value otherwise = arguments.Find(0, "default") ?? new IntegerValue(0);
        switch (value)
        {
            case IntegerValue or BooleanValue:
                return new IntegerValue(Operations.WholeNumber(value)!.Value);
            case FloatValue number:
                return Truncate(number.Number) ?? otherwise;
            case TextValue text:
                evaluator.Budget.Step(text.Text.Length);
                string digits = text.Text.Text.Trim();
                if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
                    return new IntegerValue(integer);
                return TryParse(digits) is { } parsed ? Truncate(parsed) ?? otherwise : otherwise;
            default:
                return otherwise;
        }
    }

    private static IntegerValue? Truncate(double number) => Math.Abs(number) < 9.2e18 ? new IntegerValue((long)number) : null;

    private static double? TryParse(string text)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    private static Value ToFloat(Evaluator evaluator, Value value, Arguments arguments)
    {
        Value otherwise = arguments.Find(0, "default") ?? new FloatValue(0);
        if (Operations.Number(value) is { } number) return new FloatValue(number);
        if (value is not TextValue text) return otherwise;
        evaluator.Budget.Step(text.Text.Length);
        return TryParse(text.Text.Text.Trim()) is { } parsed ? new FloatValue(parsed) : otherwise;
    }

    private static Value Round(Evaluator evaluator, Value value, Arguments arguments)
    {
        if (Operations.Number(value) is not { } number) throw evaluator.Fail($"a value of type {value.TypeName} cannot be rounded");
        int precision = (int)Math.Clamp(arguments.FindInteger(0, "precision", 0), 0, 15);
        string method = arguments.FindText(1, "method")?.Text ?? "common";
        double scale = Math.Pow(10, precision);
        return method switch
        {
            "common" when value is not FloatValue => value,
            "common" when precision == 0 => new FloatValue(Math.Round(number, MidpointRounding.ToEven)),
            "common" => new FloatValue(double.Parse(number.ToString("F" + precision, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
            "ceil" => new FloatValue(Math.Ceiling(number * scale) / scale),
            "floor" => new FloatValue(Math.Floor(number * scale) / scale),
            _ => throw evaluator.Fail("the method of 'round' is neither common, ceil nor floor"),
        };
    }

    private static TextValue Indent(Evaluator evaluator, Value value, Arguments arguments)
    {
        TemplateText indentation = arguments.Find(0, "width") switch
        {
            TextValue text => text.Text,
            null => TemplateText.FromTemplate("    "),
            _ => Spaces(arguments.FindInteger(0, "width", 4), evaluator),
        };
        bool first = arguments.FindFlag(1, "first"), blank = arguments.FindFlag(2, "blank");
        return Text(TextFunctions.Indent(ToText(evaluator, value), indentation, first, blank, evaluator.Budget));
    }

    private static TemplateText Spaces(long width, Evaluator evaluator)
    {
        width = Math.Max(width, 0);
        evaluator.Budget.Characters(width);
        return TemplateText.FromTemplate(new string(' ', (int)width));
    }

    private static ListValue Items(Evaluator evaluator, Value value, Arguments arguments) => value switch
    {
        UndefinedValue => new ListValue([]),
        DictionaryValue dictionary => Methods.Pairs(dictionary, evaluator.Budget),
        _ => throw evaluator.Fail($"'items' needs a mapping, not a value of type {value.TypeName}"),
    };

    private static TextValue Join(Evaluator evaluator, Value value, Arguments arguments)
    {
        IReadOnlyList<Value> items = Operations.Items(value, evaluator.Budget);
        if (arguments.FindText(1, "attribute") is { } attribute) items = SequenceFilters.MapAttribute(evaluator, items, attribute.Text, null);
        Value? separator = arguments.Find(0, "d") ?? arguments.Find(0, "separator");
        return TextFunctions.Join(items, separator is null ? TemplateText.Empty : ToText(evaluator, separator), evaluator.Budget);
    }
}
