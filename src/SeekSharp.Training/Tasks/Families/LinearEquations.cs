using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>How an equation is written.</summary>
internal enum EquationKind
{
    /// <summary>ax+b=c</summary>
    Plus,
    /// <summary>ax-b=c</summary>
    Minus,
    /// <summary>b+ax=c</summary>
    PlusFirst,
    /// <summary>a(x+b)=c</summary>
    Product,
    /// <summary>x/a+b=c</summary>
    Quotient,
    /// <summary>ax+b=dx+c</summary>
    BothSides,
    /// <summary>x+b=c</summary>
    PlainPlus,
    /// <summary>x-b=c</summary>
    PlainMinus,
    /// <summary>ax=c</summary>
    PlainProduct,
}

/// <summary>A linear equation with a whole solution.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="A">Factor of the unknown.</param>
/// <param name="B">Constant beside it.</param>
/// <param name="D">Factor on the right side.</param>
/// <param name="X">The solution.</param>
/// <param name="Variable">Name of the unknown.</param>
internal sealed record Equation(EquationKind Kind, long A, long B, long D, long X, char Variable)
{
    /// <summary>The constant that makes it true.</summary>
    public long C => Kind switch
    {
        EquationKind.Plus or EquationKind.PlusFirst => (A * X) + B,
        EquationKind.Minus => (A * X) - B,
        EquationKind.Product => A * (X + B),
        EquationKind.Quotient => (X / A) + B,
        EquationKind.BothSides => ((A - D) * X) + B,
        EquationKind.PlainPlus => X + B,
        EquationKind.PlainMinus => X - B,
        _ => A * X,
    };

    public override string ToString() => Kind switch
    {
        EquationKind.Plus => $"{A}{Variable}+{B}={C}",
        EquationKind.Minus => $"{A}{Variable}-{B}={C}",
        EquationKind.PlusFirst => $"{B}+{A}{Variable}={C}",
        EquationKind.Product => $"{A}({Variable}+{B})={C}",
        EquationKind.Quotient => $"{Variable}/{A}+{B}={C}",
        EquationKind.BothSides => $"{A}{Variable}+{B}={D}{Variable}+{C}",
        EquationKind.PlainPlus => $"{Variable}+{B}={C}",
        EquationKind.PlainMinus => $"{Variable}-{B}={C}",
        _ => $"{A}{Variable}={C}",
    };
}

/// <summary>Linear equations with factors to 12, constants to 50 and solutions from -9 to 20; out of range to 25, 200 and 99.</summary>
internal sealed class LinearEquations : TaskFamily<Equation>
{
    private static readonly WordingSet s_wordings = new(
        [
            "!Solve {e}.", "!Solve {e} for {x}.", "{e}, what is {x}?", "What is {x} if {e}?", "!Find {x}: {e}", "!Find {x} if {e}.",
            "If {e}, what is {x}?", "{e}", "{e}, {x}=?", "{e}. Find {x}.",
            "!Solve the equation {e}.", "What value of {x} solves {e}?", "!Determine {x} so that {e}.", "For which {x} is {e}?",
            "!Solve for {x}: {e}", "What is the solution of {e}?",
            "Given {e}, [find|what is] {x}[.|?]", "{x}=? when {e}", "!Work out {x} from {e}.", "I know that {e}. What is {x}?", "!Calculate {x}: {e}",
            "What must {x} be so that {e}?",
        ],
        ["Which number {x} satisfies {e}?", "!Tell me the value of {x} in {e}.", "Suppose {e}. Then {x} is what?", "!Give the root of {e}."]);

    public override string Name => "linear-equations";

    protected override Equation Draw(Random random, bool outOfRange)
    {
        while (true)
        {
            var kind = (EquationKind)random.Next(9);
            long x = outOfRange ? random.Between(21, 99) : random.Chance(0.15) ? random.Between(-9, -1) : random.Between(0, 20);
            long a = random.Between(2, outOfRange ? 25 : 12), b = random.Between(1, outOfRange ? 200 : 50), d = random.Between(2, 9);
            if (kind == EquationKind.Quotient) x *= a;
            var equation = new Equation(kind, a, b, d, x, random.Pick("xxxxynatz".ToCharArray()));
            bool isNegative = equation.C < 0 || (x < 0 && kind is EquationKind.Quotient or EquationKind.Product or EquationKind.PlainMinus);
            if (!isNegative && (kind != EquationKind.BothSides || a > d)) return equation;
        }
    }

    protected override string Key(Equation content) => content with { Variable = 'x' } is var named ? named.ToString() : "";

    protected override WordingSet Wordings(Equation content) => s_wordings;

    protected override Slots SlotsOf(Equation content, Random random)
    {
        string text = content.ToString();
        string spaced = text.Replace("+", " + ", StringComparison.Ordinal).Replace("-", " - ", StringComparison.Ordinal).Replace("=", " = ", StringComparison.Ordinal);
        return new() { { "e", random.Chance(0.5) ? spaced : text }, { "x", $"{content.Variable}" } };
    }

    protected override string Answer(Equation content) => $"{content.X}";

    /// <summary>"x=7" says the same as "7".</summary>
    protected override bool Accepts(Equation content, string answer)
    {
        string number = answer.Replace(" ", "", StringComparison.Ordinal);
        return AnswerText.AreEqual(AnswerForm.Number, $"{content.X}", number.StartsWith($"{content.Variable}=", StringComparison.OrdinalIgnoreCase) ? number[2..] : number);
    }

    protected override string Think(Equation content)
    {
        var working = new Working();
        working.Line(content.ToString());
        (char x, long a) = (content.Variable, content.A);
        switch (content.Kind)
        {
            case EquationKind.Plus or EquationKind.PlusFirst:
                FindProduct(working, x, a, content.C, '-', content.B);
                break;
            case EquationKind.Minus:
                FindProduct(working, x, a, content.C, '+', content.B);
                break;
            case EquationKind.Product:
                working.Line($"{x}+{content.B}={content.C}/{a}");
                long sum = working.CalculateSigned(content.C, '/', a);
                working.Line($"{x}={sum}-{content.B}");
                working.CalculateSigned(sum, '-', content.B);
                break;
            case EquationKind.Quotient:
                working.Line($"{x}/{a}={content.C}-{content.B}");
                long quotient = working.CalculateSigned(content.C, '-', content.B);
                working.Line($"{x}={quotient}*{a}");
                working.CalculateSigned(quotient, '*', a);
                break;
            case EquationKind.BothSides:
                working.Line($"{a}{x}-{content.D}{x}={content.C}-{content.B}");
                long factor = working.CalculateSigned(a, '-', content.D);
                long product = working.CalculateSigned(content.C, '-', content.B);
                Divide(working, x, factor, product);
                break;
            case EquationKind.PlainPlus:
                working.Line($"{x}={content.C}-{content.B}");
                working.CalculateSigned(content.C, '-', content.B);
                break;
            case EquationKind.PlainMinus:
                working.Line($"{x}={content.C}+{content.B}");
                working.CalculateSigned(content.C, '+', content.B);
                break;
            default:
                Divide(working, x, a, content.C);
                break;
        }

        return working.Text;
    }

    protected override string Reason(Equation content) => $"Because {content.Variable}={content.X} solves {content}.";

    private static void FindProduct(Working working, char x, long factor, long right, char operation, long constant)
    {
        working.Line($"{factor}{x}={right}{operation}{constant}");
        Divide(working, x, factor, working.CalculateSigned(right, operation, constant));
    }

    private static void Divide(Working working, char x, long factor, long product)
    {
        if (factor == 1) return;
        working.Line($"{x}={product}/{factor}");
        working.CalculateSigned(product, '/', factor);
    }
}
