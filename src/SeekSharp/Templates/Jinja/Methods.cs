using System.Collections.Frozen;

namespace SeekSharp.Templates.Jinja;

internal delegate Value Method(Evaluator evaluator, Value self, Arguments arguments);

/// <summary>Methods of strings, lists and dictionaries. Those that would change their object do not exist: values are immutable.</summary>
internal static class Methods
{
    private static readonly FrozenDictionary<string, Method> TextMethods = new Dictionary<string, Method>
    {
        ["strip"] = (e, self, a) => Text(TextFunctions.Strip(TextOf(self), a.FindText(0, "chars"), left: true, right: true, e.Budget)),
        ["lstrip"] = (e, self, a) => Text(TextFunctions.Strip(TextOf(self), a.FindText(0, "chars"), left: true, right: false, e.Budget)),
        ["rstrip"] = (e, self, a) => Text(TextFunctions.Strip(TextOf(self), a.FindText(0, "chars"), left: false, right: true, e.Budget)),
        ["split"] = (e, self, a) => TextFunctions.Split(TextOf(self), a.FindText(0, "sep"), a.FindInteger(1, "maxsplit", -1), fromRight: false, e.Budget),
        ["rsplit"] = (e, self, a) => TextFunctions.Split(TextOf(self), a.FindText(0, "sep"), a.FindInteger(1, "maxsplit", -1), fromRight: true, e.Budget),
        ["splitlines"] = (e, self, a) => TextFunctions.SplitLines(TextOf(self), a.FindFlag(0, "keepends"), e.Budget),
        ["replace"] = (e, self, a) => Text(TextFunctions.Replace(
            TextOf(self), a.GetText(0, "old"), a.GetText(1, "new"), a.FindInteger(2, "count", -1), e.Budget)),
        ["startswith"] = (e, self, a) => BooleanValue.Of(Matches(e, self, a, (text, part) => text.StartsWith(part, StringComparison.Ordinal))),
        ["endswith"] = (e, self, a) => BooleanValue.Of(Matches(e, self, a, (text, part) => text.EndsWith(part, StringComparison.Ordinal))),
        ["removeprefix"] = (e, self, a) => Text(RemoveEnd(e, TextOf(self), a.GetText(0, "prefix").Text, atStart: true)),
        ["removesuffix"] = (e, self, a) => Text(RemoveEnd(e, TextOf(self), a.GetText(0, "suffix").Text, atStart: false)),
        ["find"] = (e, self, a) => new IntegerValue(Find(e, TextOf(self), a.GetText(0, "sub"), last: false)),
        ["rfind"] = (e, self, a) => new IntegerValue(Find(e, TextOf(self), a.GetText(0, "sub"), last: true)),
        ["count"] = (e, self, a) => new IntegerValue(Count(e, TextOf(self), a.GetText(0, "sub"))),
        ["join"] = (e, self, a) => TextFunctions.Join(Operations.Items(a.Get(0, "iterable"), e.Budget), TextOf(self), e.Budget),
        ["upper"] = (e, self, _) => Text(TextOf(self).Map(Characters.Upper, e.Budget)),
        ["lower"] = (e, self, _) => Text(TextOf(self).Map(Characters.Lower, e.Budget)),
        ["capitalize"] = (e, self, _) => Text(Characters.Capitalize(TextOf(self), e.Budget)),
        ["title"] = (e, self, _) => Text(Characters.Title(TextOf(self), c => !char.IsLetter(c), e.Budget)),
        ["isdigit"] = (e, self, _) => All(e, self, char.IsDigit),
        ["isalpha"] = (e, self, _) => All(e, self, char.IsLetter),
        ["isalnum"] = (e, self, _) => All(e, self, char.IsLetterOrDigit),
        ["isspace"] = (e, self, _) => All(e, self, Characters.IsSpace),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Method> DictionaryMethods = new Dictionary<string, Method>
    {
        ["items"] = (e, self, _) => Pairs((DictionaryValue)self, e.Budget),
        ["keys"] = (e, self, _) => new ListValue(Operations.Items(self, e.Budget)),
        ["values"] = (e, self, _) => ValuesOf((DictionaryValue)self, e.Budget),
        ["get"] = (e, self, a) => (a.Get(0, "key") is TextValue key ? Operations.Find((DictionaryValue)self, key.Text, e.Budget) : null)
            ?? a.Find(1, "default") ?? NoneValue.Instance,
        ["copy"] = (_, self, _) => self,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Method> ListMethods = new Dictionary<string, Method>
    {
        ["count"] = (e, self, a) => new IntegerValue(((ListValue)self).Items.Count(item => Operations.AreEqual(item, a.Get(0, "value"), e.Budget))),
        ["index"] = (e, self, a) => new IntegerValue(IndexOf(e, (ListValue)self, a.Get(0, "value"))),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static Method? Find(Value value, string name) => value switch
    {
        TextValue => TextMethods.GetValueOrDefault(name),
        DictionaryValue => DictionaryMethods.GetValueOrDefault(name) ?? Refused(value, name, "update", "pop", "popitem", "clear", "setdefault"),
        ListValue => ListMethods.GetValueOrDefault(name) ?? Refused(value, name, "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"),
        _ => null,
    };

    internal static ListValue Pairs(DictionaryValue dictionary, Budget budget)
    {
        budget.Step(2 * dictionary.Count);
        return new ListValue([.. dictionary.Entries.Select(entry => (Value)new ListValue([new TextValue(entry.Key), entry.Value], isTuple: true))]);
    }

    private static ListValue ValuesOf(DictionaryValue dictionary, Budget budget)
    {
        budget.Step(dictionary.Count);
        return new ListValue([.. dictionary.Entries.Select(entry => entry.Value)]);
    }

    private static Method? Refused(Value value, string name, params ReadOnlySpan<string> changing) => changing.Contains(name) && FindKey(value, name) is null
        ? (evaluator, _, _) => throw evaluator.Fail($"'{name}' would change a {value.TypeName}, which a template may not do")
        : null;

    private static Value? FindKey(Value value, string name) => (value as DictionaryValue)?.Find(name);

    private static TextValue Text(TemplateText text) => new(text);

    private static TemplateText TextOf(Value self) => ((TextValue)self).Text;

    private static bool Matches(Evaluator evaluator, Value self, Arguments arguments, Func<string, string, bool> matches)
    {
        Value pattern = arguments.Get(0, "pattern");
        IReadOnlyList<Value> alternatives = pattern is ListValue list ? list.Items : [pattern];
        foreach (Value alternative in alternatives)
        {
            if (alternative is not TextValue text)
                throw evaluator.Fail($"{arguments.Callee} looks for a string, not for a value of type {alternative.TypeName}");
            evaluator.Budget.Step();
            evaluator.Budget.Scan(text.Text.Length);
            if (matches(TextOf(self).Text, text.Text.Text)) return true;
        }

        return false;
    }

    private static TemplateText RemoveEnd(Evaluator evaluator, TemplateText text, string end, bool atStart)
    {
        evaluator.Budget.Scan(end.Length);
        bool matches = atStart ? text.Text.StartsWith(end, StringComparison.Ordinal) : text.Text.EndsWith(end, StringComparison.Ordinal);
        return matches ? text.Slice(atStart ? end.Length : 0, text.Length - end.Length, evaluator.Budget) : text;
    }

    private static int Find(Evaluator evaluator, TemplateText text, TemplateText part, bool last)
    {
        evaluator.Budget.Search(text.Length, part.Length);
        int at = last ? text.Text.LastIndexOf(part.Text, StringComparison.Ordinal) : text.Text.IndexOf(part.Text, StringComparison.Ordinal);
        int[]? starts = Characters.Starts(text.Text, evaluator.Budget);
        return at < 0 || starts is null ? at : Array.BinarySearch(starts, at);
    }

    private static int Count(Evaluator evaluator, TemplateText text, TemplateText part)
    {
        evaluator.Budget.Search(text.Length, part.Length);
        if (part.Length > 0) return text.Text.AsSpan().Count(part.Text);
        return (Characters.Starts(text.Text, evaluator.Budget)?.Length ?? text.Length + 1);
    }

    private static BooleanValue All(Evaluator evaluator, Value self, Func<char, bool> test)
    {
        evaluator.Budget.Scan(TextOf(self).Length);
        return BooleanValue.Of(TextOf(self).Length > 0 && TextOf(self).Text.All(test));
    }

    private static int IndexOf(Evaluator evaluator, ListValue list, Value value)
    {
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (Operations.AreEqual(list.Items[i], value, evaluator.Budget)) return i;
        }

        throw evaluator.Fail("the list has no such item");
    }
}
