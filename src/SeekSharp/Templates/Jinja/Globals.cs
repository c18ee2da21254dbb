using System.Collections.Frozen;

namespace SeekSharp.Templates.Jinja;

/// <summary>Functions that every template has.</summary>
internal static class Globals
{
    private const int LongestRefusal = 400;

    private static readonly FrozenDictionary<string, Value> All = new Dictionary<string, Function>
    {
        ["range"] = Range,
        ["namespace"] = Namespace,
        ["dict"] = (e, a) => Fill(new DictionaryValue(), (d, key, value) => d.Set(key, value), e, a),
        ["raise_exception"] = Refuse,
        ["strftime_now"] = (e, a) => new TextValue(TemplateText.FromData(DateFormat.Format(e.Now, a.GetText(0, "format").Text, e.Budget))),
    }.ToFrozenDictionary(entry => entry.Key, entry => (Value)new CallableValue(entry.Key, entry.Value), StringComparer.Ordinal);

    internal static Value? Find(string name) => All.GetValueOrDefault(name);

    private static Value Refuse(Evaluator evaluator, Arguments arguments) =>
        throw evaluator.Fail($"it refuses the conversation: {Shorten(Printer.ToText(arguments.Get(0, "message"), evaluator.Budget).Text)}");

    private static string Shorten(string message) => message.Length <= LongestRefusal ? message.TrimEnd('.') : message[..LongestRefusal] + "...";

    private static ListValue Range(Evaluator evaluator, Arguments arguments)
    {
        bool single = arguments.Positional.Count == 1;
        long start = single ? 0 : arguments.FindInteger(0, "start", 0);
        long stop = single ? arguments.FindInteger(0, "stop", 0) : arguments.FindInteger(1, "stop", 0);
        long step = arguments.FindInteger(2, "step", 1);
        if (step == 0) throw evaluator.Fail("a range has step 0");
        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 count = distance <= 0 ? 0 : (distance + Int128.Abs(step) - 1) / Int128.Abs(step);
        if (count > Budget.MaximumRange) throw evaluator.Fail($"a range has more than {Budget.MaximumRange} items");
        evaluator.Budget.Step((long)count);
        var items = new Value[(int)count];
        for (int i = 0; i < items.Length; i++) items[i] = new IntegerValue(start + i * step);
        return new ListValue(items);
    }

    private static NamespaceValue Namespace(Evaluator evaluator, Arguments arguments) =>
        Fill(new NamespaceValue(), (holder, key, value) => holder.Attributes[key.Text] = value, evaluator, arguments);

    private static T Fill<T>(T target, Action<T, TemplateText, Value> set, Evaluator evaluator, Arguments arguments)
    {
        if (arguments.Positional.Count > 1) throw evaluator.Fail($"{arguments.Callee} takes one positional argument at most");
        if (arguments.Positional is [DictionaryValue source])
        {
            evaluator.Budget.Step(source.Count);
            foreach (DictionaryValue.Entry entry in source.Entries) Add(entry.Key, entry.Value);
        }
        else if (arguments.Positional is [var pairs])
        {
            foreach (Value pair in Operations.Items(pairs, evaluator.Budget))
            {
                evaluator.Budget.Step();
                if (Operations.Items(pair, evaluator.Budget) is not [TextValue key, var value])
                    throw evaluator.Fail($"{arguments.Callee} needs pairs of a string and a value");
                Add(key.Text, value);
            }
        }

        foreach ((string key, Value value) in arguments.Keywords ?? []) Add(TemplateText.FromData(key), value);
        return target;

        void Add(TemplateText key, Value value)
        {
            evaluator.Budget.Scan(key.Length);
            set(target, key, value);
        }
    }
}
