using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>
/// Division with remainder: up to 4 digits by 2 to 12; out of range 5 and 6 digits. Answers are "76 remainder 1", or "76" where nothing remains.
/// </summary>
internal sealed class Division : TaskFamily<Operands>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {a} divided by {b}?", "{a} / {b}", "{a}/{b}", "{a} ÷ {b}", "{a} : {b}", "{a} / {b} =[| ?]", "What is {a} / {b}?",
            "How much is {a} / {b}?",
            "!Divide {A} by {B}.", "!Divide {A} by {B} with remainder.", "![Compute|Calculate|Work out|Find|Determine] {a} / {b} with remainder.",
            "What is {A} divided by {B}, with remainder?", "What are the quotient and the remainder of {a} / {b}?",
            "How many times does {b} go into {a}[, and what remains|, and what is left over]?",
            "[{a} divided by {b}|{A} divided by {B}]", "What do you get [when|if] you divide {A} by {B}?",
            "!Split {A} [sweets|cards|coins] among {B} children. How many does each get, and how many are left?",
            "!Give me the quotient and remainder of {a} and {b}.", "{a} divided by {b} with remainder", "!Solve {a} / {b}.", "{a} / {b} is what?",
            "![Compute|Calculate|Work out|Find|Determine] {a} / {b}.", "How often does {b} fit into {a}?",
        ],
        [
            "!Do the division {a} / {b}.", "If {a} is divided by {b}, what is the result?", "What is the result of dividing {a} by {b}?",
            "{a} over {b}, with remainder", "!Share {a} equally among {b}. What does each get and what is left over?",
        ]);

    public override string Name => "division";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override Operands Draw(Random random, bool outOfRange)
    {
        long divisor = random.Between(2, 12);
        if (outOfRange) return new(random.Digits(5, 6), divisor);
        if (!random.Chance(0.35)) return new(Math.Max(random.Digits(1, 4), divisor), divisor);
        return new(divisor * random.Between(1, 9999 / divisor), divisor);
    }

    protected override string Key(Operands content) => $"{content.Left}/{content.Right}";

    protected override WordingSet Wordings(Operands content) => s_wordings;

    protected override Slots SlotsOf(Operands content, Random random) => new()
    {
        { "a", content.Left }, { "b", content.Right },
        { "A", NumberWords.Either(random, content.Left, 0.2) }, { "B", NumberWords.Either(random, content.Right, 0.3) },
    };

    protected override string Answer(Operands content)
    {
        (long quotient, long remainder) = Math.DivRem(content.Left, content.Right);
        return remainder == 0 ? $"{quotient}" : $"{quotient} remainder {remainder}";
    }

    /// <summary>"76 remainder 1", "76 r 1" and "76 R1" say the same; so do "76" and "76 remainder 0".</summary>
    protected override bool Accepts(Operands content, string answer)
    {
        string spaced = answer.Replace("remainder", " r ", StringComparison.OrdinalIgnoreCase).Replace("R", " r ", StringComparison.OrdinalIgnoreCase);
        string[] parts = spaced.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (long quotient, long remainder) = Math.DivRem(content.Left, content.Right);
        return parts switch
        {
            [var only] => remainder == 0 && AnswerText.AreEqual(AnswerForm.Number, $"{quotient}", only),
            [var first, "r", var second] => AnswerText.AreEqual(AnswerForm.Number, $"{quotient}", first) && AnswerText.AreEqual(AnswerForm.Number, $"{remainder}", second),
            _ => false,
        };
    }

    protected override string Think(Operands content)
    {
        var working = new Working();
        working.Divide(content.Left, content.Right);
        return working.Text;
    }

    protected override string Reason(Operands content) =>
        $"Because {content.Left}={content.Right}*{content.Left / content.Right}+{content.Left % content.Right}.";
}
