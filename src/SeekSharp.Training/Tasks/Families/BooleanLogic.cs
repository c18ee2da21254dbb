using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>An expression of truth values.</summary>
internal abstract record Statement
{
    /// <summary>Whether it is true.</summary>
    public abstract bool Value { get; }

    /// <summary>true or false.</summary>
    internal sealed record Constant(bool Is) : Statement
    {
        public override bool Value => Is;
    }

    /// <summary>not ...</summary>
    internal sealed record Not(Statement Inner) : Statement
    {
        public override bool Value => !Inner.Value;
    }

    /// <summary>... and ..., ... or ...</summary>
    internal sealed record Join(Statement Left, bool IsAnd, Statement Right) : Statement
    {
        public override bool Value => IsAnd ? Left.Value && Right.Value : Left.Value || Right.Value;
    }
}

/// <summary>Expressions of true, false, and, or, not with 1 to 4 values; out of range 5 to 6 values.</summary>
internal sealed class BooleanLogic : TaskFamily<Statement>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {s}?", "{s}", "{s} =[| ?]", "![Evaluate|Compute|Simplify|Work out|Solve] {s}.", "!Evaluate the logical expression {s}.",
            "Is {s} true or false?", "{s}: true or false?", "True or false: {s}",
            "What is the value of {s}?", "!Find the truth value of {s}.", "What does {s} evaluate to?", "Does {s} give true or false?",
            "!Tell me whether {s} is true.", "What is the truth value of {s}?",
            "{s} is what?", "!Determine if {s} is true or false.", "Is {s} true?", "!Evaluate the boolean expression {s}.", "What comes out of {s}?",
        ],
        ["What is the result of {s}?", "!Decide: is {s} true or false?", "!Give the truth value of {s}.", "Boolean logic: {s}?"]);

    public override string Name => "boolean-logic";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override Statement Draw(Random random, bool outOfRange) =>
        outOfRange ? Grow(random, random.Next(5, 7)) : Grow(random, random.Pick([1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]));

    protected override string Key(Statement content) => Write(content, Notation.Words);

    protected override WordingSet Wordings(Statement content) => s_wordings;

    protected override Slots SlotsOf(Statement content, Random random) =>
        new() { { "s", Write(content, random.Pick([Notation.Words, Notation.Words, Notation.Words, Notation.Capitals, Notation.Signs, Notation.Signs])) } };

    protected override string Answer(Statement content) => content.Value ? "true" : "false";

    protected override bool Accepts(Statement content, string answer) =>
        AnswerText.AreEqual(AnswerForm.Text, Answer(content), answer) || AnswerText.AreEqual(AnswerForm.Text, content.Value ? "yes" : "no", answer);

    /// <summary>The expression again after each step, with its innermost part replaced: one fact and one copy per line.</summary>
    protected override string Think(Statement content)
    {
        var working = new Working();
        working.Line(Write(content, Notation.Words));
        Statement current = content;
        while (current is not Statement.Constant)
        {
            (current, string fact) = Reduce(current);
            working.Line(current is Statement.Constant ? fact : $"{fact}: {Write(current, Notation.Words)}");
        }

        return working.Text;
    }

    protected override string Reason(Statement content) => content switch
    {
        Statement.Join join => $"Because {Word(join.Left.Value)} {(join.IsAnd ? "and" : "or")} {Word(join.Right.Value)} is {Word(content.Value)}.",
        _ => $"Because {Write(content, Notation.Words)} is {Word(content.Value)}.",
    };

    private enum Notation
    {
        Words,
        Capitals,
        Signs,
    }

    private static Statement Grow(Random random, int values)
    {
        Statement grown;
        if (values == 1) grown = new Statement.Constant(random.Chance(0.5));
        else
        {
            int left = random.Next(1, values);
            grown = new Statement.Join(Grow(random, left), random.Chance(0.5), Grow(random, values - left));
        }

        return random.Chance(values == 1 ? 0.35 : 0.15) ? new Statement.Not(grown) : grown;
    }

    /// <summary>Carries out the innermost operation that stands furthest left.</summary>
    private static (Statement, string Fact) Reduce(Statement statement)
    {
        switch (statement)
        {
            case Statement.Not { Inner: Statement.Constant inner }:
                return (new Statement.Constant(!inner.Is), $"not {Word(inner.Is)}={Word(!inner.Is)}");
            case Statement.Not not:
                (Statement rest, string step) = Reduce(not.Inner);
                return (new Statement.Not(rest), step);
            case Statement.Join { Left: Statement.Constant left, Right: Statement.Constant right } join:
                return (new Statement.Constant(join.Value), $"{Word(left.Is)} {(join.IsAnd ? "and" : "or")} {Word(right.Is)}={Word(join.Value)}");
            case Statement.Join { Left: Statement.Constant } join:
                (Statement reduced, string fact) = Reduce(join.Right);
                return (join with { Right = reduced }, fact);
            case Statement.Join join:
                (Statement first, string found) = Reduce(join.Left);
                return (join with { Left = first }, found);
            default:
                throw new ArgumentException("There is nothing to carry out.", nameof(statement));
        }
    }

    private static string Write(Statement statement, Notation notation) => statement switch
    {
        Statement.Constant constant => notation == Notation.Capitals ? (constant.Is ? "True" : "False") : Word(constant.Is),
        Statement.Not not => (notation == Notation.Signs ? "!" : "not ") + Nested(not.Inner, notation),
        Statement.Join join => $"{Nested(join.Left, notation)} {Operator(join.IsAnd, notation)} {Nested(join.Right, notation)}",
        _ => "",
    };

    private static string Nested(Statement statement, Notation notation) =>
        statement is Statement.Join ? $"({Write(statement, notation)})" : Write(statement, notation);

    private static string Operator(bool isAnd, Notation notation) => notation switch
    {
        Notation.Signs => isAnd ? "&&" : "||",
        Notation.Capitals => isAnd ? "AND" : "OR",
        _ => isAnd ? "and" : "or",
    };

    private static string Word(bool value) => value ? "true" : "false";
}
