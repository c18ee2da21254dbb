namespace SeekSharp.Templates.Jinja;

/// <summary>Operators, with Python's meaning.</summary>
internal static class Operations
{
    internal static IReadOnlyList<Value> Items(Value value, Budget budget)
    {
        switch (value)
        {
            case ListValue list:
                return list.Items;
            case UndefinedValue:
                return [];
            case DictionaryValue dictionary:
                budget.Step(dictionary.Count);
                return [.. dictionary.Entries.Select(entry => (Value)new TextValue(entry.Key))];
            case TextValue text:
                return CharactersOf(text.Text, budget);
            default:
                throw budget.Fail($"a value of type {value.TypeName} cannot be iterated");
        }
    }

    private static Value[] CharactersOf(TemplateText text, Budget budget)
    {
        int[]? starts = Characters.Starts(text.Text, budget);
        var items = new Value[starts is null ? text.Length : starts.Length - 1];
        budget.Step(items.Length);
        for (int i = 0; i < items.Length; i++)
            items[i] = new TextValue(starts is null ? text.Slice(i, 1, budget) : text.Slice(starts[i], starts[i + 1] - starts[i], budget));
        return items;
    }

    /// <summary>Names of arguments may come from data ("**"), so they count as data.</summary>
    internal static DictionaryValue ToDictionary(IEnumerable<KeyValuePair<string, Value>>? entries)
    {
        var dictionary = new DictionaryValue();
        foreach ((string key, Value value) in entries ?? []) dictionary.Set(TemplateText.FromData(key), value);
        return dictionary;
    }

    internal static Value Negate(Value value, bool negates, Budget budget) => value switch
    {
        FloatValue number => negates ? new FloatValue(-number.Number) : number,
        IntegerValue or BooleanValue => negates ? Apply("-", new IntegerValue(0), value, budget) : new IntegerValue(WholeNumber(value)!.Value),
        _ => throw budget.Fail($"a value of type {value.TypeName} has no sign"),
    };

    internal static Value Apply(string operation, Value left, Value right, Budget budget)
    {
        if (operation == "~") return new TextValue(TemplateText.Concat(Printer.ToText(left, budget), Printer.ToText(right, budget), budget));
        if (WholeNumber(left) is { } a && WholeNumber(right) is { } b) return ApplyIntegers(operation, a, b, budget);
        if (Number(left) is { } x && Number(right) is { } y) return ApplyFloats(operation, x, y, budget);
        if (operation == "+" && Join(left, right, budget) is { } joined) return joined;
        if (operation == "*" && WholeNumber(right) is { } times && Repeat(left, times, budget) is { } repeated) return repeated;
        if (operation == "*" && WholeNumber(left) is { } count && Repeat(right, count, budget) is { } again) return again;
        if (left is UndefinedValue missing) throw budget.Fail($"'{missing.Name}' is undefined");
        if (right is UndefinedValue absent) throw budget.Fail($"'{absent.Name}' is undefined");
        throw budget.Fail($"'{operation}' cannot join {left.TypeName} and {right.TypeName}");
    }

    private static Value? Join(Value left, Value right, Budget budget)
    {
        if (left is ListValue first && right is ListValue second && first.IsTuple == second.IsTuple)
        {
            budget.Step(first.Items.Count + second.Items.Count);
            return new ListValue([.. first.Items, .. second.Items], first.IsTuple);
        }

        return AsText(left) is { } head && AsText(right) is { } tail ? new TextValue(TemplateText.Concat(head, tail, budget)) : null;
    }

    /// <summary>Text, or the JSON text that stands for a tool call's arguments.</summary>
    private static TemplateText? AsText(Value value) => value switch
    {
        TextValue text => text.Text,
        DictionaryValue dictionary => dictionary.JsonText,
        _ => null,
    };

    private static Value? Repeat(Value value, long times, Budget budget)
    {
        times = Math.Max(times, 0);
        switch (value)
        {
            case TextValue text:
                if (text.Text.Length == 0) return text;
                budget.Step(times);
                var builder = new TextBuilder(budget);
                for (long i = 0; i < times; i++) builder.Append(text.Text);
                return new TextValue(builder.ToText());
            case ListValue list:
                if (list.Items.Count == 0) return list;
                budget.Step(times);
                budget.Step(times * list.Items.Count);
                var items = new List<Value>((int)times * list.Items.Count);
                for (long i = 0; i < times; i++) items.AddRange(list.Items);
                return new ListValue(items, list.IsTuple);
            default:
                return null;
        }
    }

    private static Value ApplyIntegers(string operation, long a, long b, Budget budget)
    {
        try
        {
            checked
            {
                return operation switch
                {
                    "+" => new IntegerValue(a + b),
                    "-" => new IntegerValue(a - b),
                    "*" => new IntegerValue(a * b),
                    "/" => b == 0 ? throw budget.Fail("division by zero") : new FloatValue((double)a / b),
                    "//" => b == 0 ? throw budget.Fail("division by zero") : new IntegerValue(a / b - (Modulo(a, b) != a % b ? 1 : 0)),
                    "%" => b == 0 ? throw budget.Fail("division by zero") : new IntegerValue(Modulo(a, b)),
                    _ => Power(a, b, budget),
                };
            }
        }
        catch (OverflowException)
        {
            throw budget.Fail("an integer grows too large");
        }
    }

    /// <summary>Remainder with the sign of the divisor.</summary>
    private static long Modulo(long a, long b)
    {
        long remainder = b == -1 ? 0 : a % b;
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    private static Value Power(long value, long exponent, Budget budget)
    {
        if (exponent < 0) return ApplyFloats("**", value, exponent, budget);
        long result = 1;
        for (long factor = value; exponent > 0; exponent >>= 1)
        {
            budget.Step();
            if ((exponent & 1) == 1) result = checked(result * factor);
            if (exponent > 1) factor = checked(factor * factor);
        }

        return new IntegerValue(result);
    }

    private static FloatValue ApplyFloats(string operation, double a, double b, Budget budget)
    {
        if (b == 0 && operation is ("/" or "//" or "%")) throw budget.Fail("division by zero");
        double result = operation switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - b * Math.Floor(a / b),
            _ => Math.Pow(a, b),
        };
        if (operation == "**" && !double.IsFinite(result)) throw budget.Fail("a power is not a finite number");
        return new FloatValue(result);
    }

    internal static long? WholeNumber(Value value) => value switch
    {
        IntegerValue integer => integer.Number,
        BooleanValue boolean => boolean.IsTrue ? 1 : 0,
        _ => null,
    };

    internal static double? Number(Value value) => value is FloatValue number ? number.Number : WholeNumber(value);

    internal static bool Compare(string operation, Value left, Value right, Budget budget) => operation switch
    {
        "==" => AreEqual(left, right, budget),
        "!=" => !AreEqual(left, right, budget),
        "in" => Contains(right, left, budget),
        "not in" => !Contains(right, left, budget),
        "<" => Order(left, right, budget) < 0,
        "<=" => Order(left, right, budget) <= 0,
        ">" => Order(left, right, budget) > 0,
        _ => Order(left, right, budget) >= 0,
    };

    internal static bool AreEqual(Value left, Value right, Budget budget)
    {
        budget.Step();
        if (WholeNumber(left) is { } a && WholeNumber(right) is { } b) return a == b;
        if (Number(left) is { } x && Number(right) is { } y) return x == y;
        switch (left, right)
        {
            case (TextValue first, TextValue second):
                budget.Scan(Math.Min(first.Text.Length, second.Text.Length));
                return first.Text.Text == second.Text.Text;
            case (UndefinedValue, UndefinedValue):
                return true;
            case (ListValue first, ListValue second):
                if (first.IsTuple != second.IsTuple || first.Items.Count != second.Items.Count) return false;
                return Nested(() => first.Items.Zip(second.Items).All(pair => AreEqual(pair.First, pair.Second, budget)), budget);
            case (DictionaryValue first, DictionaryValue second):
                if (first.Count != second.Count) return false;
                return Nested(
                    () => first.Entries.All(entry => second.Find(entry.Key.Text) is { } value && AreEqual(entry.Value, value, budget)), budget);
            default:
                return ReferenceEquals(left, right);
        }
    }

    private static T Nested<T>(Func<T> compare, Budget budget)
    {
        budget.Enter();
        T result = compare();
        budget.Leave();
        return result;
    }

    /// <summary>Whether a container has an item. Nothing is in something undefined.</summary>
    internal static bool Contains(Value container, Value item, Budget budget)
    {
        switch (container)
        {
            case TextValue text:
                if (item is not TextValue part) throw budget.Fail($"a value of type {item.TypeName} cannot be looked for in a string");
                budget.Search(text.Text.Length, part.Text.Length);
                return text.Text.Text.Contains(part.Text.Text, StringComparison.Ordinal);
            case DictionaryValue dictionary:
                return item is TextValue key && Find(dictionary, key.Text, budget) is not null;
            case ListValue list:
                return list.Items.Any(candidate => AreEqual(candidate, item, budget));
            case UndefinedValue:
                return false;
            default:
                throw budget.Fail($"a value of type {container.TypeName} has no items to look in");
        }
    }

    internal static Value? Find(DictionaryValue dictionary, TemplateText key, Budget budget)
    {
        budget.Scan(key.Length);
        return dictionary.Find(key.Text);
    }

    internal static int Order(Value left, Value right, Budget budget)
    {
        budget.Step();
        if (WholeNumber(left) is { } a && WholeNumber(right) is { } b) return a.CompareTo(b);
        if (Number(left) is { } x && Number(right) is { } y) return x.CompareTo(y);
        switch (left, right)
        {
            case (TextValue first, TextValue second):
                budget.Scan(Math.Min(first.Text.Length, second.Text.Length));
                return string.CompareOrdinal(first.Text.Text, second.Text.Text);
            case (ListValue first, ListValue second):
                return Nested(() => OrderItems(first.Items, second.Items, budget), budget);
            case (UndefinedValue missing, _):
                throw budget.Fail($"'{missing.Name}' is undefined");
            case (_, UndefinedValue missing):
                throw budget.Fail($"'{missing.Name}' is undefined");
            default:
                throw budget.Fail($"{left.TypeName} and {right.TypeName} have no order");
        }
    }

    private static int OrderItems(IReadOnlyList<Value> left, IReadOnlyList<Value> right, Budget budget)
    {
        for (int i = 0; i < left.Count && i < right.Count; i++)
        {
            if (!AreEqual(left[i], right[i], budget)) return Order(left[i], right[i], budget);
        }

        return left.Count.CompareTo(right.Count);
    }

    /// <summary>Python's slice: bounds count from the end where negative and are clipped.</summary>
    internal static Value Slice(Value target, long? start, long? stop, long step, Budget budget)
    {
        if (step == 0) throw budget.Fail("a slice has step 0");
        switch (target)
        {
            case ListValue list:
                return new ListValue([.. Indices(list.Items.Count, start, stop, step, budget).Select(i => list.Items[i])], list.IsTuple);
            case TextValue text:
                return SliceText(text.Text, start, stop, step, budget);
            case UndefinedValue missing:
                throw budget.Fail($"'{missing.Name}' is undefined");
            default:
                throw budget.Fail($"a value of type {target.TypeName} cannot be sliced");
        }
    }

    private static TextValue SliceText(TemplateText text, long? start, long? stop, long step, Budget budget)
    {
        int[]? starts = Characters.Starts(text.Text, budget);
        int count = starts is null ? text.Length : starts.Length - 1;
        if (step == 1)
        {
            (long first, long end) = Bounds(count, start, stop, step);
            if (first >= end) return TextValue.Empty;
            int from = starts?[first] ?? (int)first, to = starts?[end] ?? (int)end;
            return new TextValue(text.Slice(from, to - from, budget));
        }

        var builder = new TextBuilder(budget);
        foreach (int i in Indices(count, start, stop, step, budget))
        {
            if (starts is null) builder.Append(text, i, 1);
            else builder.Append(text, starts[i], starts[i + 1] - starts[i]);
        }

        return new TextValue(builder.ToText());
    }

    private static IEnumerable<int> Indices(int count, long? start, long? stop, long step, Budget budget)
    {
        (long first, long end) = Bounds(count, start, stop, step);
        step = Math.Clamp(step, -(long)int.MaxValue, int.MaxValue);
        for (long i = first; step > 0 ? i < end : i > end; i += step)
        {
            budget.Step();
            yield return (int)i;
        }
    }

    private static (long First, long End) Bounds(int count, long? start, long? stop, long step)
    {
        long low = step > 0 ? 0 : -1, high = step > 0 ? count : count - 1;
        long Clip(long bound) => Math.Clamp(bound < 0 ? Math.Max(bound, -(long)int.MaxValue) + count : bound, low, high);
        return (start is { } first ? Clip(first) : step > 0 ? low : high, stop is { } end ? Clip(end) : step > 0 ? high : low);
    }
}
