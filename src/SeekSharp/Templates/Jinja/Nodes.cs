namespace SeekSharp.Templates.Jinja;

internal abstract record Expression(int Line);

internal sealed record ConstantExpression(int Line, Value Value) : Expression(Line);

internal sealed record NameExpression(int Line, string Name) : Expression(Line);

internal sealed record ListExpression(int Line, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Line);

internal sealed record DictionaryExpression(int Line, IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression(Line);

internal sealed record AttributeExpression(int Line, Expression Target, string Name) : Expression(Line);

internal sealed record SubscriptExpression(int Line, Expression Target, Expression Index) : Expression(Line);

internal sealed record SliceExpression(int Line, Expression Target, Expression? Start, Expression? Stop, Expression? Step) : Expression(Line);

internal sealed record CallExpression(int Line, Expression Callee, ArgumentList Arguments) : Expression(Line);

/// <summary>A filter; without a target it stands in a filter or set block.</summary>
internal sealed record FilterExpression(int Line, Expression? Target, string Name, ArgumentList Arguments) : Expression(Line);

internal sealed record TestExpression(int Line, Expression Target, string Name, ArgumentList Arguments, bool Negated) : Expression(Line);

internal sealed record NegativeExpression(int Line, Expression Operand, bool Negates) : Expression(Line);

internal sealed record NotExpression(int Line, Expression Operand) : Expression(Line);

internal sealed record LogicExpression(int Line, bool IsAnd, Expression Left, Expression Right) : Expression(Line);

internal sealed record ArithmeticExpression(int Line, string Operator, Expression Left, Expression Right) : Expression(Line);

/// <summary>Comparisons, chained as in Python: <c>1 &lt; x &lt; 5</c>.</summary>
internal sealed record ComparisonExpression(int Line, Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest) : Expression(Line);

internal sealed record ConditionalExpression(int Line, Expression Condition, Expression Then, Expression? Otherwise) : Expression(Line);

/// <summary>Arguments as written.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? Unpacked, Expression? UnpackedNamed)
{
    internal static readonly ArgumentList None = new([], [], null, null);
}

internal abstract record Statement(int Line);

internal sealed record TextStatement(int Line, TemplateText Text) : Statement(Line);

internal sealed record PrintStatement(int Line, Expression Value) : Statement(Line);

internal sealed record IfStatement(int Line, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Otherwise)
    : Statement(Line);

internal sealed record ForStatement(
    int Line, Target Target, Expression Items, Expression? Condition, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Otherwise) : Statement(Line);

internal sealed record BreakStatement(int Line) : Statement(Line);

internal sealed record ContinueStatement(int Line) : Statement(Line);

internal sealed record SetStatement(int Line, Target Target, Expression Value) : Statement(Line);

internal sealed record SetBlockStatement(int Line, Target Target, IReadOnlyList<FilterExpression> Filters, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record FilterBlockStatement(int Line, IReadOnlyList<FilterExpression> Filters, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record MacroStatement(int Line, Macro Macro) : Statement(Line);

internal sealed record CallBlockStatement(int Line, Macro Caller, CallExpression Call) : Statement(Line);

/// <summary>A group of statements without a scope of its own: the generation marks of training templates.</summary>
internal sealed record GroupStatement(int Line, IReadOnlyList<Statement> Body) : Statement(Line);

/// <summary>A macro, or the body of a call block.</summary>
internal sealed record Macro(
    string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, bool UsesPositional, bool UsesNamed);

/// <summary>Where an assignment goes.</summary>
internal abstract record Target(int Line);

internal sealed record NameTarget(int Line, string Name) : Target(Line);

internal sealed record NamespaceTarget(int Line, string Name, string Attribute) : Target(Line);

internal sealed record TupleTarget(int Line, IReadOnlyList<Target> Items) : Target(Line);
