namespace SeekSharp.Templates.Jinja;

/// <summary><c>value.name</c> and <c>value[index]</c>. A name finds the methods first and then the keys, an index the other way round, as in Jinja2.</summary>
internal static class Attributes
{
    internal static Value Get(Value value, string name, Budget budget)
    {
        switch (value)
        {
            case UndefinedValue missing:
                throw budget.Fail($"'{missing.Name}' is undefined, so it has no '{name}'");
            case NamespaceValue holder:
                return holder.Attributes.GetValueOrDefault(name) ?? new UndefinedValue(name);
            case LoopValue loop:
                return loop.Attribute(name);
        }

        if (Methods.Find(value, name) is { } method) return new CallableValue(name, (evaluator, arguments) => method(evaluator, value, arguments));
        if (value is DictionaryValue dictionary && dictionary.Find(name) is { } found) return found;
        if (name.StartsWith("__", StringComparison.Ordinal)) throw budget.Fail($"'{name}' is not an attribute that a template may use");
        return new UndefinedValue(name);
    }

    internal static Value GetItem(Value value, Value index, Budget budget)
    {
        switch (value, index)
        {
            case (UndefinedValue missing, _):
                throw budget.Fail($"'{missing.Name}' is undefined, so it has no items");
            case (DictionaryValue dictionary, TextValue key):
                return Operations.Find(dictionary, key.Text, budget) ?? Get(value, key.Text.Text, budget);
            case (ListValue list, IntegerValue or BooleanValue):
                long position = Wrap(Operations.WholeNumber(index)!.Value, list.Items.Count);
                return position >= 0 ? list.Items[(int)position] : new UndefinedValue("an item beyond the end of a list");
            case (TextValue text, IntegerValue or BooleanValue):
                return CharacterAt(text.Text, Operations.WholeNumber(index)!.Value, budget);
            case (_, TextValue name):
                budget.Scan(name.Text.Length);
                return Get(value, name.Text.Text, budget);
            default:
                return new UndefinedValue("an item");
        }
    }

    /// <summary>A position from 0, with negative ones counted from the end; -1 where there is no such item.</summary>
    private static long Wrap(long position, int count)
    {
        if (position < 0) position += count;
        return position >= 0 && position < count ? position : -1;
    }

    private static Value CharacterAt(TemplateText text, long index, Budget budget)
    {
        int[]? starts = Characters.Starts(text.Text, budget);
        long position = Wrap(index, starts is null ? text.Length : starts.Length - 1);
        if (position < 0) return new UndefinedValue("a character beyond the end of a string");
        int start = starts?[position] ?? (int)position;
        return new TextValue(text.Slice(start, starts is null ? 1 : starts[position + 1] - start, budget));
    }
}
