namespace SeekSharp.Templates.Jinja;

/// <summary>
/// A value of the template language. There are no others: no .NET object ever gets in. All but <see cref="NamespaceValue"/> are immutable, as in
/// transformers' sandbox, so that no list or dictionary contains itself.
/// </summary>
internal abstract class Value
{
    /// <summary>Name of the type for messages.</summary>
    internal abstract string TypeName { get; }

    internal virtual bool IsTrue => true;
}

internal sealed class UndefinedValue(string name) : Value
{
    /// <summary>What was looked for.</summary>
    internal string Name => name;
    internal override string TypeName => "undefined";
    internal override bool IsTrue => false;
}

internal sealed class NoneValue : Value
{
    internal static readonly NoneValue Instance = new();
    internal override string TypeName => "none";
    internal override bool IsTrue => false;
}

internal sealed class BooleanValue : Value
{
    internal static readonly BooleanValue True = new();
    internal static readonly BooleanValue False = new();
    internal static BooleanValue Of(bool value) => value ? True : False;
    internal override string TypeName => "boolean";
    internal override bool IsTrue => this == True;
}

internal sealed class IntegerValue(long number) : Value
{
    internal long Number => number;
    internal override string TypeName => "integer";
    internal override bool IsTrue => number != 0;
}

internal sealed class FloatValue(double number) : Value
{
    internal double Number => number;
    internal override string TypeName => "float";
    internal override bool IsTrue => number != 0;
}

internal sealed class TextValue(TemplateText text) : Value
{
    internal static readonly TextValue Empty = new(TemplateText.Empty);
    internal TemplateText Text => text;
    internal override string TypeName => "string";
    internal override bool IsTrue => text.Length > 0;
}

internal sealed class ListValue(IReadOnlyList<Value> items, bool isTuple = false) : Value
{
    internal IReadOnlyList<Value> Items => items;
    internal bool IsTuple => isTuple;
    internal override string TypeName => isTuple ? "tuple" : "list";
    internal override bool IsTrue => items.Count > 0;
}

/// <summary>A mapping with text keys, in order of insertion. Keys remember their origin.</summary>
internal sealed class DictionaryValue : Value
{
    private readonly OrderedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    internal readonly record struct Entry(TemplateText Key, Value Value);

    /// <summary>For arguments of a tool call: their JSON text, which stands for the mapping where text is wanted.</summary>
    internal TemplateText? JsonText { get; init; }
    internal IEnumerable<Entry> Entries => _entries.Values;
    internal int Count => _entries.Count;
    internal override string TypeName => "mapping";
    internal override bool IsTrue => _entries.Count > 0;

    internal Value? Find(string key) => _entries.TryGetValue(key, out Entry entry) ? entry.Value : null;

    /// <summary>Only while the value is being made.</summary>
    internal void Set(TemplateText key, Value value)
    {
        if (_entries.TryGetValue(key.Text, out Entry entry)) _entries[key.Text] = entry with { Value = value };
        else _entries.Add(key.Text, new Entry(key, value));
    }
}

/// <summary>What <c>namespace()</c> makes: attributes that inner scopes can assign.</summary>
internal sealed class NamespaceValue : Value
{
    internal Dictionary<string, Value> Attributes { get; } = new(StringComparer.Ordinal);
    internal override string TypeName => "namespace";
}

/// <summary>The variable "loop".</summary>
internal sealed class LoopValue(IReadOnlyList<Value> items, int index) : Value
{
    internal override string TypeName => "loop";

    internal Value Attribute(string name) => name switch
    {
        "index" => new IntegerValue(index + 1),
        "index0" => new IntegerValue(index),
        "revindex" => new IntegerValue(items.Count - index),
        "revindex0" => new IntegerValue(items.Count - index - 1),
        "length" => new IntegerValue(items.Count),
        "first" => BooleanValue.Of(index == 0),
        "last" => BooleanValue.Of(index == items.Count - 1),
        "previtem" => index > 0 ? items[index - 1] : new UndefinedValue("loop.previtem"),
        "nextitem" => index < items.Count - 1 ? items[index + 1] : new UndefinedValue("loop.nextitem"),
        "cycle" => new CallableValue("loop.cycle", (evaluator, arguments) => arguments.Positional.Count > 0
            ? arguments.Positional[index % arguments.Positional.Count]
            : throw evaluator.Fail("loop.cycle needs items")),
        _ => new UndefinedValue("loop." + name),
    };
}

internal delegate Value Function(Evaluator evaluator, Arguments arguments);

/// <summary>A macro, a method or a function of the language.</summary>
internal sealed class CallableValue(string name, Function function) : Value
{
    internal string Name => name;
    internal Function Function => function;
    internal override string TypeName => "function";
}
