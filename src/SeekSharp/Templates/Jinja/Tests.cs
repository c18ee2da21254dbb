using System.Collections.Frozen;

namespace SeekSharp.Templates.Jinja;

internal delegate bool Test(Evaluator evaluator, Value operand, Arguments arguments);

/// <summary>What stands behind "is".</summary>
internal static class Tests
{
    private static readonly FrozenDictionary<string, Test> All = new Dictionary<string, Test>
    {
        ["defined"] = (_, value, _) => value is not UndefinedValue,
        ["undefined"] = (_, value, _) => value is UndefinedValue,
        ["none"] = (_, value, _) => value is NoneValue,
        ["string"] = (_, value, _) => value is TextValue,
        ["mapping"] = (_, value, _) => value is DictionaryValue,
        ["sequence"] = (_, value, _) => value is TextValue or ListValue or DictionaryValue or UndefinedValue,
        ["iterable"] = (_, value, _) => value is TextValue or ListValue or DictionaryValue or UndefinedValue,
        ["number"] = (_, value, _) => value is IntegerValue or FloatValue or BooleanValue,
        ["integer"] = (_, value, _) => value is IntegerValue,
        ["float"] = (_, value, _) => value is FloatValue,
        ["boolean"] = (_, value, _) => value is BooleanValue,
        ["true"] = (_, value, _) => value == BooleanValue.True,
        ["false"] = (_, value, _) => value == BooleanValue.False,
        ["callable"] = (_, value, _) => value is CallableValue,
        ["odd"] = (e, value, _) => Remainder(e, value, 2, "odd") == 1,
        ["even"] = (e, value, _) => Remainder(e, value, 2, "even") == 0,
        ["divisibleby"] = (e, value, a) => Remainder(e, value, a.FindInteger(0, "num", 0), "divisibleby") == 0,
        ["lower"] = (e, value, _) => HasCase(e, value, char.IsLower, char.IsUpper),
        ["upper"] = (e, value, _) => HasCase(e, value, char.IsUpper, char.IsLower),
        ["in"] = (e, value, a) => Operations.Contains(a.Get(0, "seq"), value, e.Budget),
        ["sameas"] = (e, value, a) => ReferenceEquals(value, a.Get(0, "other")),
    }.Concat(Comparisons()).ToFrozenDictionary(StringComparer.Ordinal);

    internal static bool Run(Evaluator evaluator, string name, Value operand, Arguments arguments) => Find(evaluator, name)(evaluator, operand, arguments);

    internal static Test Find(Evaluator evaluator, string name) => All.GetValueOrDefault(name) ?? throw evaluator.Fail($"there is no test '{name}'");

    private static IEnumerable<KeyValuePair<string, Test>> Comparisons()
    {
        (string Operator, string[] Names)[] comparisons =
        [
            ("==", ["eq", "equalto", "=="]), ("!=", ["ne", "!="]), ("<", ["lt", "lessthan", "<"]), ("<=", ["le", "<="]),
            (">", ["gt", "greaterthan", ">"]), (">=", ["ge", ">="]),
        ];
        return comparisons.SelectMany(comparison => comparison.Names.Select(name => KeyValuePair.Create<string, Test>(
            name, (evaluator, value, arguments) => Operations.Compare(comparison.Operator, value, arguments.Get(0, "other"), evaluator.Budget))));
    }

    private static long Remainder(Evaluator evaluator, Value value, long divisor, string test)
    {
        if (Operations.WholeNumber(value) is not { } number) throw evaluator.Fail($"'{test}' asks for an integer, not for a value of type {value.TypeName}");
        if (divisor == 0) throw evaluator.Fail("division by zero");
        return divisor == -1 ? 0 : Math.Abs(number % divisor);
    }

    private static bool HasCase(Evaluator evaluator, Value value, Func<char, bool> wanted, Func<char, bool> unwanted)
    {
        string text = Printer.ToText(value, evaluator.Budget).Text;
        evaluator.Budget.Scan(text.Length);
        return text.Any(wanted) && !text.Any(unwanted);
    }
}
