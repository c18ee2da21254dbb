using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Products: up to 3 digits times 1, or 2 times 2; out of range 4 times 1, 3 times 2.</summary>
internal sealed class Multiplication : TaskFamily<Operands>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {a} * {b}?", "{a} * {b}", "{a}*{b}", "{a} x {b}", "{a}x{b}", "{a} * {b} =[| ?]", "{a} × {b}", "What is {a} x {b}?",
            "[What's|What is] {A} times {B}?", "How much is {a} [*|x|times] {b}?", "!Multiply {A} by {B}.", "!Multiply {A} and {B}.",
            "![Compute|Calculate|Work out|Find|Evaluate|Determine] {a} [*|x|times] {b}.", "[What is|Find] the product of {A} and {B}[?|.]",
            "What do you get [when|if] you multiply {A} by {B}?", "[{a} times {b}|{A} times {B}]", "What is {A} multiplied by {B}?",
            "{a} multiplied by {b}",
            "What does {a} * {b} [equal|make|give]?", "product of {a} and {b}", "!Solve {a} * {b}.", "Do you know what {a} times {b} is?",
            "There are {A} boxes with {B} pens each. How many pens are there?", "{a} * {b} is what?",
            "[The result of|Result of|Answer to] {a} * {b}?",
        ],
        [
            "!Give me {a} times {b}.", "How much do you get if you take {a} {b} times?", "What is the result of multiplying {a} with {b}?",
            "How many are {a} groups of {b}?", "If I multiply {a} by {b}, what comes out?",
        ]);

    public override string Name => "multiplication";

    protected override Operands Draw(Random random, bool outOfRange)
    {
        (int left, int right) = outOfRange
            ? random.Pick<(int, int)>([(4, 1), (3, 2), (2, 3), (1, 4)])
            : random.Pick<(int, int)>([(1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (2, 2), (2, 2)]);
        return new(random.Digits(left, left), random.Digits(right, right));
    }

    protected override string Key(Operands content) => $"{Math.Min(content.Left, content.Right)}*{Math.Max(content.Left, content.Right)}";

    protected override WordingSet Wordings(Operands content) => s_wordings;

    protected override Slots SlotsOf(Operands content, Random random) => new()
    {
        { "a", content.Left }, { "b", content.Right },
        { "A", NumberWords.Either(random, content.Left, 0.3) }, { "B", NumberWords.Either(random, content.Right, 0.3) },
    };

    protected override string Answer(Operands content) => $"{content.Left * content.Right}";

    protected override string Think(Operands content)
    {
        var working = new Working();
        working.Multiply(content.Left, content.Right);
        return working.Text;
    }

    protected override string Reason(Operands content) => $"Because {content.Left}*{content.Right}={content.Left * content.Right}.";
}
