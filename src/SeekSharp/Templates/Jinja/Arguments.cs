namespace SeekSharp.Templates.Jinja;

/// <summary>Arguments of a call, a filter or a test.</summary>
internal sealed class Arguments(string callee, IReadOnlyList<Value> positional, Dictionary<string, Value>? keywords, Budget budget)
{
    internal string Callee => callee;
    internal IReadOnlyList<Value> Positional => positional;
    internal Dictionary<string, Value>? Keywords => keywords;

    /// <summary>The argument at a position or of a name; null where it is not given.</summary>
    internal Value? Find(int position, string name)
    {
        if (position < positional.Count) return positional[position];
        return keywords is not null && keywords.TryGetValue(name, out Value? value) ? value : null;
    }

    internal Value Get(int position, string name) => Find(position, name) ?? throw budget.Fail($"{callee} needs its argument '{name}'");

    internal TemplateText GetText(int position, string name) => AsText(Get(position, name), name);

    internal TemplateText? FindText(int position, string name) => Find(position, name) is { } value and not NoneValue ? AsText(value, name) : null;

    internal long FindInteger(int position, string name, long otherwise) => Find(position, name) switch
    {
        null or NoneValue => otherwise,
        IntegerValue integer => integer.Number,
        BooleanValue boolean => boolean.IsTrue ? 1 : 0,
        { } other => throw budget.Fail($"argument '{name}' of {callee} is {other.TypeName}, not integer"),
    };

    internal bool FindFlag(int position, string name, bool otherwise = false) => Find(position, name)?.IsTrue ?? otherwise;

    private TemplateText AsText(Value value, string name) => value is TextValue text
        ? text.Text
        : throw budget.Fail($"argument '{name}' of {callee} is {value.TypeName}, not string");
}
