namespace SeekSharp.Templates.Jinja;

/// <summary>Filters that take or make lists.</summary>
internal static class SequenceFilters
{
    internal static readonly Dictionary<string, Filter> All = new()
    {
        ["batch"] = Batch,
        ["dictsort"] = SortDictionary,
        ["first"] = (e, value, _) => Operations.Items(value, e.Budget) is [var first, ..] ? first : new UndefinedValue("the first item of an empty list"),
        ["groupby"] = Group,
        ["last"] = (e, value, _) => Operations.Items(value, e.Budget) is [.., var last] ? last : new UndefinedValue("the last item of an empty list"),
        ["list"] = (e, value, _) => new ListValue(Operations.Items(value, e.Budget)),
        ["map"] = Map,
        ["max"] = (e, value, a) => Extreme(e, value, a, 1),
        ["min"] = (e, value, a) => Extreme(e, value, a, -1),
        ["reject"] = (e, value, a) => Select(e, value, a, byAttribute: false, wanted: false),
        ["rejectattr"] = (e, value, a) => Select(e, value, a, byAttribute: true, wanted: false),
        ["reverse"] = Reverse,
        ["select"] = (e, value, a) => Select(e, value, a, byAttribute: false, wanted: true),
        ["selectattr"] = (e, value, a) => Select(e, value, a, byAttribute: true, wanted: true),
        ["sort"] = (e, value, a) => new ListValue(Sort(
            e, Operations.Items(value, e.Budget), a.FindFlag(0, "reverse"), Key(e, a.Find(2, "attribute"), a.FindFlag(1, "case_sensitive")))),
        ["sum"] = Sum,
        ["unique"] = Unique,
    };

    /// <summary>An attribute by its path: "function.name", "0.text".</summary>
    private static Value Path(Evaluator evaluator, Value value, string path)
    {
        evaluator.Budget.Scan(path.Length);
        foreach (string part in path.Split('.'))
        {
            evaluator.Budget.Step();
            if (value is UndefinedValue) return value;
            value = long.TryParse(part, out long index)
                ? Attributes.GetItem(value, new IntegerValue(index), evaluator.Budget)
                : Attributes.GetItem(value, new TextValue(TemplateText.FromTemplate(part)), evaluator.Budget);
        }

        return value;
    }

    internal static List<Value> MapAttribute(Evaluator evaluator, IReadOnlyList<Value> items, string path, Value? otherwise)
    {
        var mapped = new List<Value>(items.Count);
        foreach (Value item in items)
        {
            Value value = Path(evaluator, item, path);
            mapped.Add(value is UndefinedValue && otherwise is not null ? otherwise : value);
        }

        return mapped;
    }

    private static ListValue Map(Evaluator evaluator, Value value, Arguments arguments)
    {
        IReadOnlyList<Value> items = Operations.Items(value, evaluator.Budget);
        if (arguments.Positional.Count == 0)
        {
            string path = Printer.ToText(arguments.Get(0, "attribute"), evaluator.Budget).Text;
            return new ListValue(MapAttribute(evaluator, items, path, arguments.Find(1, "default")));
        }

        string name = arguments.GetText(0, "filter").Text;
        var inner = new Arguments(name, [.. arguments.Positional.Skip(1)], arguments.Keywords, evaluator.Budget);
        var mapped = new List<Value>(items.Count);
        foreach (Value item in items) mapped.Add(Filters.Run(evaluator, name, item, inner));
        return new ListValue(mapped);
    }

    private static ListValue Select(Evaluator evaluator, Value value, Arguments arguments, bool byAttribute, bool wanted)
    {
        int at = byAttribute ? 1 : 0;
        string? path = byAttribute ? Printer.ToText(arguments.Get(0, "attribute"), evaluator.Budget).Text : null;
        Test? test = arguments.FindText(at, "test") is { } name ? Tests.Find(evaluator, name.Text) : null;
        var rest = new Arguments(arguments.Callee, [.. arguments.Positional.Skip(at + 1)], arguments.Keywords, evaluator.Budget);
        var selected = new List<Value>();
        foreach (Value item in Operations.Items(value, evaluator.Budget))
        {
            evaluator.Budget.Step();
            Value operand = path is null ? item : Path(evaluator, item, path);
            if ((test?.Invoke(evaluator, operand, rest) ?? operand.IsTrue) == wanted) selected.Add(item);
        }

        return new ListValue(selected);
    }

    private static Value Reverse(Evaluator evaluator, Value value, Arguments arguments) => value is TextValue
        ? Operations.Slice(value, null, null, -1, evaluator.Budget)
        : Operations.Slice(new ListValue(Operations.Items(value, evaluator.Budget)), null, null, -1, evaluator.Budget);

    /// <summary>What to order by: an attribute or the value itself, with strings in lower case unless case matters.</summary>
    private static Func<Value, Value> Key(Evaluator evaluator, Value? attribute, bool caseSensitive)
    {
        string? path = attribute is null or NoneValue ? null : Printer.ToText(attribute, evaluator.Budget).Text;
        return value =>
        {
            Value key = path is null ? value : Path(evaluator, value, path);
            return key is TextValue text && !caseSensitive ? new TextValue(text.Text.Map(Characters.Lower, evaluator.Budget)) : key;
        };
    }

    /// <summary>A stable merge sort: the comparison may throw and pays for itself.</summary>
    private static Value[] Sort(Evaluator evaluator, IReadOnlyList<Value> items, bool descending, Func<Value, Value> key)
    {
        var sorted = new (Value Key, Value Item)[items.Count];
        for (int i = 0; i < sorted.Length; i++)
        {
            evaluator.Budget.Step();
            sorted[i] = (key(items[i]), items[i]);
        }

        var merged = new (Value Key, Value Item)[items.Count];
        for (int width = 1; width < sorted.Length; width *= 2)
        {
            for (int start = 0; start < sorted.Length; start += 2 * width)
            {
                int middle = Math.Min(start + width, sorted.Length), end = Math.Min(start + 2 * width, sorted.Length);
                int left = start, right = middle;
                for (int i = start; i < end; i++)
                {
                    bool bothRemain = left < middle && right < end;
                    int order = bothRemain ? Operations.Order(sorted[left].Key, sorted[right].Key, evaluator.Budget) : 0;
                    bool takesLeft = bothRemain ? (descending ? order >= 0 : order <= 0) : left < middle;
                    merged[i] = sorted[takesLeft ? left++ : right++];
                }
            }

            (sorted, merged) = (merged, sorted);
        }

        return [.. sorted.Select(pair => pair.Item)];
    }

    private static ListValue SortDictionary(Evaluator evaluator, Value value, Arguments arguments)
    {
        if (value is not DictionaryValue dictionary) throw evaluator.Fail($"'dictsort' needs a mapping, not a value of type {value.TypeName}");
        int position = (arguments.FindText(1, "by")?.Text ?? "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw evaluator.Fail("'dictsort' orders by key or by value"),
        };
        Func<Value, Value> key = Key(evaluator, new IntegerValue(position), arguments.FindFlag(0, "case_sensitive"));
        return new ListValue(Sort(evaluator, Methods.Pairs(dictionary, evaluator.Budget).Items, arguments.FindFlag(2, "reverse"), key));
    }

    private static Value Extreme(Evaluator evaluator, Value value, Arguments arguments, int sign)
    {
        Func<Value, Value> key = Key(evaluator, arguments.Find(1, "attribute"), arguments.FindFlag(0, "case_sensitive"));
        Value? best = null;
        foreach (Value item in Operations.Items(value, evaluator.Budget))
        {
            if (best is null || Operations.Order(key(item), key(best), evaluator.Budget) * sign > 0) best = item;
        }

        return best ?? new UndefinedValue("an item of an empty list");
    }

    private static Value Sum(Evaluator evaluator, Value value, Arguments arguments)
    {
        IReadOnlyList<Value> items = Operations.Items(value, evaluator.Budget);
        if (arguments.Find(0, "attribute") is { } attribute and not NoneValue)
            items = MapAttribute(evaluator, items, Printer.ToText(attribute, evaluator.Budget).Text, null);
        Value sum = arguments.Find(1, "start") ?? new IntegerValue(0);
        foreach (Value item in items)
        {
            evaluator.Budget.Step();
            sum = Operations.Apply("+", sum, item, evaluator.Budget);
        }

        return sum;
    }

    private static ListValue Unique(Evaluator evaluator, Value value, Arguments arguments)
    {
        Func<Value, Value> key = Key(evaluator, arguments.Find(1, "attribute"), arguments.FindFlag(0, "case_sensitive"));
        var seen = new List<Value>();
        var unique = new List<Value>();
        foreach (Value item in Operations.Items(value, evaluator.Budget))
        {
            Value identity = key(item);
            if (seen.Any(other => Operations.AreEqual(other, identity, evaluator.Budget))) continue;
            seen.Add(identity);
            unique.Add(item);
        }

        return new ListValue(unique);
    }

    private static ListValue Batch(Evaluator evaluator, Value value, Arguments arguments)
    {
        long size = arguments.FindInteger(0, "linecount", 0);
        if (size < 1) throw evaluator.Fail("'batch' needs a size of at least 1");
        var batches = new List<Value>();
        List<Value>? batch = null;
        foreach (Value item in Operations.Items(value, evaluator.Budget))
        {
            evaluator.Budget.Step();
            if (batch is null || batch.Count == size) batches.Add(new ListValue(batch = []));
            batch.Add(item);
        }

        if (batch is not null && arguments.Find(1, "fill_with") is { } fill)
        {
            evaluator.Budget.Step(size - batch.Count);
            while (batch.Count < size) batch.Add(fill);
        }

        return new ListValue(batches);
    }

    private static ListValue Group(Evaluator evaluator, Value value, Arguments arguments)
    {
        bool caseSensitive = arguments.FindFlag(2, "case_sensitive");
        Value attribute = arguments.Get(0, "attribute");
        Func<Value, Value> key = Key(evaluator, attribute, caseSensitive), shown = Key(evaluator, attribute, caseSensitive: true);
        var groups = new List<Value>();
        List<Value>? group = null;
        Value? current = null;
        foreach (Value item in Sort(evaluator, Operations.Items(value, evaluator.Budget), descending: false, key))
        {
            Value identity = key(item);
            if (current is null || !Operations.AreEqual(current, identity, evaluator.Budget))
                groups.Add(new ListValue([shown(item), new ListValue(group = [])], isTuple: true));
            group!.Add(item);
            current = identity;
        }

        return new ListValue(groups);
    }
}
