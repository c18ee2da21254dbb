using System.Globalization;
using System.Runtime.CompilerServices;

namespace SeekSharp.Templates.Jinja;

/// <summary>Words to statements. Precedence is that of Jinja2: filters and tests bind tighter than all binary operators.</summary>
internal sealed class Parser(List<Token> tokens)
{
    private const int MaximumDepth = 200;

    private int _position;
    private int _depth;
    private int _loops;
    private bool _usesPositional;
    private bool _usesNamed;

    private Token Current => tokens[_position];

    internal IReadOnlyList<Statement> ParseTemplate()
    {
        IReadOnlyList<Statement> statements = ParseStatements();
        if (Current.Kind != TokenKind.End) throw Fail($"unexpected '{tokens[_position + 1].Text}'");
        return statements;
    }

    /// <summary>Statements up to the end, or up to a block tag with one of the given names, whose name is then the current word.</summary>
    private List<Statement> ParseStatements(params ReadOnlySpan<string> ends)
    {
        Enter();
        var statements = new List<Statement>();
        while (Current.Kind != TokenKind.End)
        {
            Token token = Current;
            if (token.Kind == TokenKind.BlockStart && ends.Contains(tokens[_position + 1].Text) && tokens[_position + 1].Kind == TokenKind.Name)
            {
                _position++;
                Leave();
                return statements;
            }

            if (token.Kind == TokenKind.BlockStart && IsStray(tokens[_position + 1])) break;
            statements.Add(ParseStatement());
        }

        if (ends.Length > 0) throw Fail($"'{ends[^1]}' is missing");
        Leave();
        return statements;
    }

    private static bool IsStray(Token name) =>
        name.Kind == TokenKind.Name && (name.Text is "else" or "elif" || name.Text.StartsWith("end", StringComparison.Ordinal));

    private Statement ParseStatement()
    {
        Token token = Next();
        switch (token.Kind)
        {
            case TokenKind.Text:
                return new TextStatement(token.Line, TemplateText.FromTemplate(token.Text));
            case TokenKind.PrintStart:
                var print = new PrintStatement(token.Line, ParseTuple());
                Expect(TokenKind.PrintEnd, "}}");
                return print;
            default:
                return ParseBlock();
        }
    }

    private Statement ParseBlock()
    {
        Token name = Next();
        if (name.Kind != TokenKind.Name) throw Fail($"a block starts with {name.Describe()} instead of a name", name.Line);
        switch (name.Text)
        {
            case "if": return ParseIf(name.Line);
            case "for": return ParseFor(name.Line);
            case "set": return ParseSet(name.Line);
            case "macro": return ParseMacro(name.Line);
            case "call": return ParseCallBlock(name.Line);
            case "filter": return ParseFilterBlock(name.Line);
            case "generation":
                EndBlock();
                return new GroupStatement(name.Line, ParseBody("endgeneration"));
            case "break" or "continue":
                if (_loops == 0) throw Fail($"'{name.Text}' outside a loop", name.Line);
                EndBlock();
                return name.Text == "break" ? new BreakStatement(name.Line) : new ContinueStatement(name.Line);
            default:
                throw Fail($"'{name.Text}' is not a statement of chat templates", name.Line);
        }
    }

    private void EndBlock() => Expect(TokenKind.BlockEnd, "%}");

    private List<Statement> ParseBody(string end)
    {
        List<Statement> body = ParseStatements(end);
        _position++;
        EndBlock();
        return body;
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        while (true)
        {
            Expression condition = ParseTuple(conditional: false);
            EndBlock();
            branches.Add((condition, ParseStatements("elif", "else", "endif")));
            string word = Next().Text;
            if (word == "elif") continue;
            EndBlock();
            return new IfStatement(line, branches, word == "else" ? ParseBody("endif") : []);
        }
    }

    private ForStatement ParseFor(int line)
    {
        Target target = ParseTarget(allowNamespace: false);
        ExpectName("in");
        Expression items = ParseTuple(conditional: false);
        Expression? condition = SkipName("if") ? ParseExpression() : null;
        if (Current.Is(TokenKind.Name, "recursive")) throw Fail("recursive loops are not supported");
        EndBlock();
        _loops++;
        List<Statement> body = ParseStatements("else", "endfor");
        _loops--;
        string word = Next().Text;
        EndBlock();
        return new ForStatement(line, target, items, condition, body, word == "else" ? ParseBody("endfor") : []);
    }

    private Statement ParseSet(int line)
    {
        Target target = ParseTarget(allowNamespace: true);
        if (SkipOperator("="))
        {
            var set = new SetStatement(line, target, ParseTuple());
            EndBlock();
            return set;
        }

        var filters = new List<FilterExpression>();
        while (SkipOperator("|")) filters.Add(ParseFilter(null));
        EndBlock();
        return new SetBlockStatement(line, target, filters, ParseBody("endset"));
    }

    private FilterBlockStatement ParseFilterBlock(int line)
    {
        var filters = new List<FilterExpression> { ParseFilter(null) };
        while (SkipOperator("|")) filters.Add(ParseFilter(null));
        EndBlock();
        return new FilterBlockStatement(line, filters, ParseBody("endfilter"));
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = ReadName();
        return new MacroStatement(line, ParseMacroBody(name, ParseParameters(), "endmacro"));
    }

    private CallBlockStatement ParseCallBlock(int line)
    {
        List<(string, Expression?)> parameters = Current.Is(TokenKind.Operator, "(") ? ParseParameters() : [];
        if (ParseUnary() is not CallExpression call) throw Fail("'call' is not followed by a call", line);
        return new CallBlockStatement(line, ParseMacroBody("caller", parameters, "endcall"), call);
    }

    private Macro ParseMacroBody(string name, List<(string, Expression?)> parameters, string end)
    {
        (bool positional, bool named, int loops) = (_usesPositional, _usesNamed, _loops);
        (_usesPositional, _usesNamed, _loops) = (false, false, 0);
        EndBlock();
        var macro = new Macro(name, parameters, ParseBody(end), _usesPositional, _usesNamed);
        (_usesPositional, _usesNamed, _loops) = (positional, named, loops);
        return macro;
    }

    private List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        ExpectOperator("(");
        while (!SkipOperator(")"))
        {
            if (parameters.Count > 0) ExpectOperator(",");
            string name = ReadName();
            if (SkipOperator("=")) parameters.Add((name, ParseExpression()));
            else if (parameters.Count > 0 && parameters[^1].Item2 is not null)
                throw Fail($"parameter '{name}' has no default but follows one that has");
            else parameters.Add((name, null));
        }

        return parameters;
    }

    private Target ParseTarget(bool allowNamespace)
    {
        int line = Current.Line;
        var items = new List<Target> { ParseSingleTarget(allowNamespace) };
        bool isTuple = false;
        while (SkipOperator(","))
        {
            isTuple = true;
            if (Current.Kind is not TokenKind.Name || Current.Text == "in") break;
            items.Add(ParseSingleTarget(allowNamespace));
        }

        return isTuple ? new TupleTarget(line, items) : items[0];
    }

    private Target ParseSingleTarget(bool allowNamespace)
    {
        int line = Current.Line;
        if (SkipOperator("("))
        {
            Enter();
            Target inner = ParseTarget(allowNamespace);
            Leave();
            ExpectOperator(")");
            return inner;
        }

        string name = ReadName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None") throw Fail($"'{name}' cannot be assigned");
        if (!allowNamespace || !SkipOperator(".")) return new NameTarget(line, name);
        return new NamespaceTarget(line, name, ReadName());
    }

    /// <summary>An expression, or several with commas between them, which make a tuple.</summary>
    private Expression ParseTuple(bool conditional = true)
    {
        int line = Current.Line;
        Expression first = conditional ? ParseExpression() : ParseOr();
        if (!Current.Is(TokenKind.Operator, ",")) return first;
        var items = new List<Expression> { first };
        while (SkipOperator(","))
        {
            if (Current.Kind is TokenKind.BlockEnd or TokenKind.PrintEnd || Current is { Kind: TokenKind.Operator, Text: ")" or "]" or "=" }) break;
            items.Add(conditional ? ParseExpression() : ParseOr());
        }

        return new ListExpression(line, items, IsTuple: true);
    }

    private Expression ParseExpression()
    {
        Enter();
        int line = Current.Line;
        Expression expression = ParseOr();
        while (SkipName("if"))
        {
            Expression condition = ParseOr();
            Expression? otherwise = SkipName("else") ? ParseExpression() : null;
            expression = new ConditionalExpression(line, condition, expression, otherwise);
        }

        Leave();
        return expression;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        for (int line = Current.Line; SkipName("or"); line = Current.Line) left = new LogicExpression(line, IsAnd: false, left, ParseAnd());
        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        for (int line = Current.Line; SkipName("and"); line = Current.Line) left = new LogicExpression(line, IsAnd: true, left, ParseNot());
        return left;
    }

    private Expression ParseNot()
    {
        int line = Current.Line;
        if (!SkipName("not")) return ParseComparison();
        Enter();
        var not = new NotExpression(line, ParseNot());
        Leave();
        return not;
    }

    private Expression ParseComparison()
    {
        int line = Current.Line;
        Expression first = ParseSum();
        List<(string, Expression)>? rest = null;
        while (ReadComparison() is { } comparison) (rest ??= []).Add((comparison, ParseSum()));
        return rest is null ? first : new ComparisonExpression(line, first, rest);
    }

    private string? ReadComparison()
    {
        if (Current is { Kind: TokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }) return Next().Text;
        if (SkipName("in")) return "in";
        if (!Current.Is(TokenKind.Name, "not") || !tokens[_position + 1].Is(TokenKind.Name, "in")) return null;
        _position += 2;
        return "not in";
    }

    private Expression ParseSum()
    {
        Expression left = ParseJoin();
        while (Current is { Kind: TokenKind.Operator, Text: "+" or "-" })
        {
            Token token = Next();
            left = new ArithmeticExpression(token.Line, token.Text, left, ParseJoin());
        }

        return left;
    }

    private Expression ParseJoin()
    {
        Expression left = ParseProduct();
        for (int line = Current.Line; SkipOperator("~"); line = Current.Line) left = new ArithmeticExpression(line, "~", left, ParseProduct());
        return left;
    }

    private Expression ParseProduct()
    {
        Expression left = ParsePower();
        while (Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            Token token = Next();
            left = new ArithmeticExpression(token.Line, token.Text, left, ParsePower());
        }

        return left;
    }

    private Expression ParsePower()
    {
        Expression left = ParseUnary();
        for (int line = Current.Line; SkipOperator("**"); line = Current.Line) left = new ArithmeticExpression(line, "**", left, ParseUnary());
        return left;
    }

    private Expression ParseUnary(bool filters = true)
    {
        Enter();
        Token token = Current;
        Expression expression;
        if (token is { Kind: TokenKind.Operator, Text: "-" or "+" })
        {
            _position++;
            expression = new NegativeExpression(token.Line, ParseUnary(filters: false), Negates: token.Text == "-");
        }
        else
        {
            expression = ParsePostfix(ParsePrimary());
        }

        Leave();
        return filters ? ParseFilters(expression) : expression;
    }

    private Expression ParsePrimary()
    {
        Token token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ToName(token);
            case TokenKind.String:
                var parts = new List<string> { token.Text };
                while (Current.Kind == TokenKind.String) parts.Add(Next().Text);
                return new ConstantExpression(token.Line, new TextValue(TemplateText.FromTemplate(string.Concat(parts))));
            case TokenKind.Integer:
                return new ConstantExpression(token.Line, new IntegerValue(ToInteger(token)));
            case TokenKind.Float:
                return new ConstantExpression(token.Line, new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                if (SkipOperator(")")) return new ListExpression(token.Line, [], IsTuple: true);
                Expression inner = ParseTuple();
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return ParseList(token.Line);
            case TokenKind.Operator when token.Text == "{":
                return ParseDictionary(token.Line);
            default:
                throw Fail($"unexpected {token.Describe()}", token.Line);
        }
    }

    private static long ToInteger(Token token) => long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw Fail("an integer is too large", token.Line);

    private Expression ToName(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True": return new ConstantExpression(token.Line, BooleanValue.True);
            case "false" or "False": return new ConstantExpression(token.Line, BooleanValue.False);
            case "none" or "None": return new ConstantExpression(token.Line, NoneValue.Instance);
            case "varargs": _usesPositional = true; break;
            case "kwargs": _usesNamed = true; break;
        }

        return new NameExpression(token.Line, token.Text);
    }

    private ListExpression ParseList(int line)
    {
        var items = new List<Expression>();
        while (!SkipOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("]")) break;
            }

            items.Add(ParseExpression());
        }

        return new ListExpression(line, items, IsTuple: false);
    }

    private DictionaryExpression ParseDictionary(int line)
    {
        var entries = new List<(Expression, Expression)>();
        while (!SkipOperator("}"))
        {
            if (entries.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("}")) break;
            }

            Expression key = ParseExpression();
            ExpectOperator(":");
            entries.Add((key, ParseExpression()));
        }

        return new DictionaryExpression(line, entries);
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (Current.Kind == TokenKind.Operator)
        {
            Token token = Current;
            switch (token.Text)
            {
                case ".":
                    _position++;
                    Token name = Next();
                    expression = name.Kind switch
                    {
                        TokenKind.Name => new AttributeExpression(token.Line, expression, name.Text),
                        TokenKind.Integer => new SubscriptExpression(
                            token.Line, expression, new ConstantExpression(token.Line, new IntegerValue(ToInteger(name)))),
                        _ => throw Fail($"{name.Describe()} after '.'", name.Line),
                    };
                    break;
                case "[":
                    _position++;
                    expression = ParseSubscript(expression, token.Line);
                    break;
                case "(":
                    expression = new CallExpression(token.Line, expression, ParseArguments());
                    break;
                default:
                    return expression;
            }
        }

        return expression;
    }

    private Expression ParseSubscript(Expression target, int line)
    {
        Expression? start = Current.Is(TokenKind.Operator, ":") ? null : ParseTuple();
        if (SkipOperator("]")) return new SubscriptExpression(line, target, start!);
        ExpectOperator(":");
        Expression? stop = Current is { Kind: TokenKind.Operator, Text: ":" or "]" } ? null : ParseExpression();
        Expression? step = SkipOperator(":") && !Current.Is(TokenKind.Operator, "]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(line, target, start, stop, step);
    }

    private Expression ParseFilters(Expression expression)
    {
        while (true)
        {
            if (SkipOperator("|")) expression = ParseFilter(expression);
            else if (Current.Is(TokenKind.Name, "is")) expression = ParseTest(expression);
            else if (expression is FilterExpression or TestExpression && Current is { Kind: TokenKind.Operator, Text: "." or "[" or "(" })
                throw Fail($"unexpected '{Current.Text}' after a filter or test");
            else return expression;
        }
    }

    private FilterExpression ParseFilter(Expression? target)
    {
        int line = Current.Line;
        string name = ReadName();
        return new FilterExpression(line, target, name, Current.Is(TokenKind.Operator, "(") ? ParseArguments() : ArgumentList.None);
    }

    private TestExpression ParseTest(Expression target)
    {
        int line = Next().Line;
        bool negated = SkipName("not");
        string name = ReadName();
        ArgumentList arguments = ArgumentList.None;
        if (Current.Is(TokenKind.Operator, "(")) arguments = ParseArguments();
        else if (StartsTestArgument()) arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        return new TestExpression(line, target, name, arguments, negated);
    }

    /// <summary>Whether an argument without parentheses follows: <c>x is divisibleby 3</c>.</summary>
    private bool StartsTestArgument() => Current.Kind switch
    {
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        TokenKind.Operator => Current.Text is "[" or "{",
        TokenKind.Name => Current.Text is not ("else" or "or" or "and" or "if" or "in" or "not" or "is" or "recursive"),
        _ => false,
    };

    private ArgumentList ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? unpacked = null, unpackedNamed = null;
        ExpectOperator("(");
        for (bool first = true; !SkipOperator(")"); first = false)
        {
            if (!first)
            {
                ExpectOperator(",");
                if (SkipOperator(")")) break;
            }

            if (unpackedNamed is not null) throw Fail("'**' must be the last argument");
            if (SkipOperator("**"))
            {
                unpackedNamed = ParseExpression();
            }
            else if (SkipOperator("*"))
            {
                if (unpacked is not null) throw Fail("there may be only one '*' argument");
                unpacked = ParseExpression();
            }
            else if (Current.Kind == TokenKind.Name && tokens[_position + 1].Is(TokenKind.Operator, "="))
            {
                string name = ReadName();
                _position++;
                named.Add((name, ParseExpression()));
            }
            else
            {
                if (named.Count > 0 || unpacked is not null) throw Fail("a positional argument follows a named one");
                positional.Add(ParseExpression());
            }
        }

        return new ArgumentList(positional, named, unpacked, unpackedNamed);
    }

    private Token Next()
    {
        Token token = tokens[_position];
        if (token.Kind != TokenKind.End) _position++;
        return token;
    }

    private bool SkipOperator(string text) => Skip(TokenKind.Operator, text);

    private bool SkipName(string text) => Skip(TokenKind.Name, text);

    private bool Skip(TokenKind kind, string text)
    {
        if (!Current.Is(kind, text)) return false;
        _position++;
        return true;
    }

    private string ReadName() => Current.Kind == TokenKind.Name ? Next().Text : throw Fail($"{Current.Describe()} instead of a name");

    private void ExpectName(string text)
    {
        if (!SkipName(text)) throw Fail($"{Current.Describe()} instead of '{text}'");
    }

    private void ExpectOperator(string text)
    {
        if (!SkipOperator(text)) throw Fail($"{Current.Describe()} instead of '{text}'");
    }

    private void Expect(TokenKind kind, string text)
    {
        if (Current.Kind != kind) throw Fail($"{Current.Describe()} instead of '{text}'");
        _position++;
    }

    private void Enter()
    {
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Fail("it nests deeper than a template may nest");
    }

    private void Leave() => _depth--;

    private ChatTemplateException Fail(string problem) => Fail(problem, Current.Line);

    private static ChatTemplateException Fail(string problem, int line) => new(problem, line);
}
