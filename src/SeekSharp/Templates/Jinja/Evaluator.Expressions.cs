using System.Diagnostics;

namespace SeekSharp.Templates.Jinja;

internal sealed partial class Evaluator
{
    private Value Evaluate(Expression expression, Scope scope)
    {
        budget.Step();
        budget.Enter();
        budget.Line = expression.Line;
        Value value = EvaluateInner(expression, scope);
        budget.Leave();
        return value;
    }

    private Value EvaluateInner(Expression expression, Scope scope)
    {
        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case NameExpression name:
                return scope.Find(name.Name) ?? Globals.Find(name.Name) ?? new UndefinedValue(name.Name);
            case AttributeExpression attribute:
                return Attributes.Get(Evaluate(attribute.Target, scope), attribute.Name, budget);
            case SubscriptExpression subscript:
                return Attributes.GetItem(Evaluate(subscript.Target, scope), Evaluate(subscript.Index, scope), budget);
            case SliceExpression slice:
                return Slice(slice, scope);
            case CallExpression call:
                Value callee = Evaluate(call.Callee, scope);
                return Call(callee, Collect(Describe(call.Callee), call.Arguments, scope));
            case FilterExpression filter:
                return Filter(filter, Evaluate(filter.Target!, scope), scope);
            case TestExpression test:
                Value operand = Evaluate(test.Target, scope);
                return BooleanValue.Of(Tests.Run(this, test.Name, operand, Collect(test.Name, test.Arguments, scope)) != test.Negated);
            case NotExpression not:
                return BooleanValue.Of(!Evaluate(not.Operand, scope).IsTrue);
            case NegativeExpression negative:
                return Operations.Negate(Evaluate(negative.Operand, scope), negative.Negates, budget);
            case LogicExpression logic:
                Value left = Evaluate(logic.Left, scope);
                return left.IsTrue == logic.IsAnd ? Evaluate(logic.Right, scope) : left;
            case ArithmeticExpression arithmetic:
                return Operations.Apply(arithmetic.Operator, Evaluate(arithmetic.Left, scope), Evaluate(arithmetic.Right, scope), budget);
            case ComparisonExpression comparison:
                return Compare(comparison, scope);
            case ConditionalExpression conditional:
                if (Evaluate(conditional.Condition, scope).IsTrue) return Evaluate(conditional.Then, scope);
                return conditional.Otherwise is null ? new UndefinedValue("the missing 'else'") : Evaluate(conditional.Otherwise, scope);
            case ListExpression list:
                return new ListValue(EvaluateAll(list.Items, scope), list.IsTuple);
            case DictionaryExpression dictionary:
                return ToDictionary(dictionary, scope);
            default:
                throw new UnreachableException();
        }
    }

    private List<Value> EvaluateAll(IReadOnlyList<Expression> expressions, Scope scope)
    {
        var values = new List<Value>(expressions.Count);
        foreach (Expression expression in expressions) values.Add(Evaluate(expression, scope));
        return values;
    }

    private DictionaryValue ToDictionary(DictionaryExpression expression, Scope scope)
    {
        var dictionary = new DictionaryValue();
        foreach ((Expression key, Expression value) in expression.Entries)
        {
            if (Evaluate(key, scope) is not TextValue text) throw Fail("a dictionary has a key that is not a string");
            budget.Scan(text.Text.Length);
            dictionary.Set(text.Text, Evaluate(value, scope));
        }

        return dictionary;
    }

    private BooleanValue Compare(ComparisonExpression comparison, Scope scope)
    {
        Value left = Evaluate(comparison.First, scope);
        foreach ((string comparer, Expression operand) in comparison.Rest)
        {
            Value right = Evaluate(operand, scope);
            budget.Line = comparison.Line;
            if (!Operations.Compare(comparer, left, right, budget)) return BooleanValue.False;
            left = right;
        }

        return BooleanValue.True;
    }

    private Value Slice(SliceExpression slice, Scope scope)
    {
        Value target = Evaluate(slice.Target, scope);
        long? start = Bound(slice.Start, scope), stop = Bound(slice.Stop, scope), step = Bound(slice.Step, scope);
        budget.Line = slice.Line;
        return Operations.Slice(target, start, stop, step ?? 1, budget);
    }

    private long? Bound(Expression? expression, Scope scope) => expression is null ? null : Evaluate(expression, scope) switch
    {
        NoneValue => null,
        IntegerValue integer => integer.Number,
        BooleanValue boolean => boolean.IsTrue ? 1 : 0,
        { } other => throw Fail($"a slice bound is {other.TypeName}, not integer"),
    };

    private Value Filter(FilterExpression filter, Value operand, Scope scope)
    {
        Arguments arguments = Collect(filter.Name, filter.Arguments, scope);
        budget.Line = filter.Line;
        return Filters.Run(this, filter.Name, operand, arguments);
    }

    internal Value Call(Value callee, Arguments arguments)
    {
        if (callee is UndefinedValue undefined) throw Fail($"'{undefined.Name}' is undefined and cannot be called");
        if (callee is not CallableValue callable) throw Fail($"a value of type {callee.TypeName} cannot be called");
        budget.Step();
        budget.Enter();
        Value result = callable.Function(this, arguments);
        budget.Leave();
        return result;
    }

    private Arguments Collect(string callee, ArgumentList list, Scope scope)
    {
        List<Value> positional = EvaluateAll(list.Positional, scope);
        if (list.Unpacked is not null) positional.AddRange(Operations.Items(Evaluate(list.Unpacked, scope), budget));
        Dictionary<string, Value>? keywords = null;
        foreach ((string name, Expression value) in list.Named)
        {
            if (!(keywords ??= new(StringComparer.Ordinal)).TryAdd(name, Evaluate(value, scope)))
                throw Fail($"argument '{name}' of {callee} is given twice");
        }

        if (list.UnpackedNamed is not null)
        {
            if (Evaluate(list.UnpackedNamed, scope) is not DictionaryValue dictionary) throw Fail("the argument after '**' is not a mapping");
            budget.Step(dictionary.Count);
            keywords ??= new(StringComparer.Ordinal);
            foreach (DictionaryValue.Entry entry in dictionary.Entries)
            {
                budget.Scan(entry.Key.Length);
                if (!keywords.TryAdd(entry.Key.Text, entry.Value)) throw Fail($"argument '{entry.Key.Text}' of {callee} is given twice");
            }
        }

        return new Arguments(callee, positional, keywords, budget);
    }

    private static string Describe(Expression callee) => callee switch
    {
        NameExpression name => name.Name,
        AttributeExpression attribute => attribute.Name,
        _ => "the call",
    };
}
