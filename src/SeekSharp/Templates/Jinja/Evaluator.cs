namespace SeekSharp.Templates.Jinja;

/// <summary>Carries a template out: this part runs statements, the other evaluates expressions.</summary>
internal sealed partial class Evaluator(Budget budget, DateTimeOffset now)
{
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    internal Budget Budget => budget;

    internal DateTimeOffset Now => now;

    internal RenderedPrompt Run(IReadOnlyList<Statement> statements, Scope variables)
    {
        var output = new TextBuilder(budget);
        Run(statements, variables, output);
        return new RenderedPrompt(output.ToSegments());
    }

    internal ChatTemplateException Fail(string problem) => budget.Fail(problem);

    private Flow Run(IReadOnlyList<Statement> statements, Scope scope, TextBuilder output)
    {
        budget.Enter();
        var flow = Flow.Next;
        for (int i = 0; i < statements.Count && flow == Flow.Next; i++)
        {
            budget.Step();
            budget.Line = statements[i].Line;
            flow = Run(statements[i], scope, output);
        }

        budget.Leave();
        return flow;
    }

    private Flow Run(Statement statement, Scope scope, TextBuilder output)
    {
        switch (statement)
        {
            case TextStatement text:
                output.Append(text.Text);
                return Flow.Next;
            case PrintStatement print:
                Printer.Print(Evaluate(print.Value, scope), output, budget);
                return Flow.Next;
            case IfStatement branch:
                return Run(Choose(branch, scope), scope, output);
            case ForStatement loop:
                RunLoop(loop, scope, output);
                return Flow.Next;
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                Assign(set.Target, RunFiltered(set.Body, set.Filters, scope), scope);
                return Flow.Next;
            case FilterBlockStatement filter:
                Printer.Print(RunFiltered(filter.Body, filter.Filters, scope), output, budget);
                return Flow.Next;
            case MacroStatement macro:
                scope.Set(macro.Macro.Name, ToCallable(macro.Macro, scope));
                return Flow.Next;
            case CallBlockStatement call:
                Printer.Print(RunCallBlock(call, scope), output, budget);
                return Flow.Next;
            case GroupStatement group:
                return Run(group.Body, scope, output);
            case BreakStatement:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private IReadOnlyList<Statement> Choose(IfStatement branch, Scope scope)
    {
        foreach ((Expression condition, IReadOnlyList<Statement> body) in branch.Branches)
        {
            if (Evaluate(condition, scope).IsTrue) return body;
        }

        return branch.Otherwise;
    }

    private void RunLoop(ForStatement loop, Scope scope, TextBuilder output)
    {
        IReadOnlyList<Value> items = Operations.Items(Evaluate(loop.Items, scope), budget);
        if (loop.Condition is not null) items = Select(loop, items, scope);
        if (items.Count == 0)
        {
            Run(loop.Otherwise, new Scope(scope), output);
            return;
        }

        for (int i = 0; i < items.Count; i++)
        {
            budget.Step();
            var inner = new Scope(scope);
            inner.Set("loop", new LoopValue(items, i));
            Assign(loop.Target, items[i], inner);
            if (Run(loop.Body, inner, output) == Flow.Break) break;
        }
    }

    private List<Value> Select(ForStatement loop, IReadOnlyList<Value> items, Scope scope)
    {
        var selected = new List<Value>();
        foreach (Value item in items)
        {
            budget.Step();
            var inner = new Scope(scope);
            Assign(loop.Target, item, inner);
            if (Evaluate(loop.Condition!, inner).IsTrue) selected.Add(item);
        }

        return selected;
    }

    private void Assign(Target target, Value value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                break;
            case NamespaceTarget attribute:
                if (scope.Find(attribute.Name) is not NamespaceValue holder)
                    throw Fail($"'{attribute.Name}' is not a namespace, so it has no attributes to assign");
                holder.Attributes[attribute.Attribute] = value;
                break;
            case TupleTarget tuple:
                IReadOnlyList<Value> items = Operations.Items(value, budget);
                if (items.Count != tuple.Items.Count) throw Fail($"{items.Count} values cannot be assigned to {tuple.Items.Count} names");
                for (int i = 0; i < items.Count; i++) Assign(tuple.Items[i], items[i], scope);
                break;
        }
    }

    private TextValue Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        var output = new TextBuilder(budget);
        Run(body, scope, output);
        return new TextValue(output.ToText());
    }

    private Value RunFiltered(IReadOnlyList<Statement> body, IReadOnlyList<FilterExpression> filters, Scope scope)
    {
        Value value = Capture(body, new Scope(scope));
        foreach (FilterExpression filter in filters) value = Filter(filter, value, scope);
        return value;
    }

    private Value RunCallBlock(CallBlockStatement block, Scope scope)
    {
        Value callee = Evaluate(block.Call.Callee, scope);
        Arguments arguments = Collect(Describe(block.Call.Callee), block.Call.Arguments, scope);
        Dictionary<string, Value> keywords = arguments.Keywords ?? new(StringComparer.Ordinal);
        keywords["caller"] = ToCallable(block.Caller, scope);
        return Call(callee, new Arguments(arguments.Callee, arguments.Positional, keywords, budget));
    }

    private static CallableValue ToCallable(Macro macro, Scope scope) =>
        new(macro.Name, (evaluator, arguments) => evaluator.RunMacro(macro, arguments, scope));

    private TextValue RunMacro(Macro macro, Arguments arguments, Scope definition)
    {
        var scope = new Scope(definition);
        Dictionary<string, Value>? rest = arguments.Keywords is null ? null : new(arguments.Keywords, StringComparer.Ordinal);
        if (rest is not null && rest.Remove("caller", out Value? caller)) scope.Set("caller", caller);
        BindParameters(macro, arguments.Positional, rest, scope);
        if (macro.UsesPositional)
            scope.Set("varargs", new ListValue([.. arguments.Positional.Skip(macro.Parameters.Count)], isTuple: true));
        else if (arguments.Positional.Count > macro.Parameters.Count)
            throw Fail($"macro '{macro.Name}' takes {macro.Parameters.Count} arguments at most");
        if (macro.UsesNamed) scope.Set("kwargs", Operations.ToDictionary(rest));
        else if (rest is { Count: > 0 }) throw Fail($"macro '{macro.Name}' has no parameter '{rest.Keys.First()}'");
        return Capture(macro.Body, scope);
    }

    private void BindParameters(Macro macro, IReadOnlyList<Value> positional, Dictionary<string, Value>? named, Scope scope)
    {
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string name, Expression? otherwise) = macro.Parameters[i];
            Value? value = i < positional.Count ? positional[i] : null;
            if (value is null) named?.Remove(name, out value);
            scope.Set(name, value ?? (otherwise is null ? new UndefinedValue(name) : Evaluate(otherwise, scope)));
        }
    }
}
