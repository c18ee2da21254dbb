using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Sums of two numbers: up to 4 digits each; out of range 5 and 6.</summary>
internal sealed class Addition : TaskFamily<Operands>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {a} + {b}?", "{a} + {b}", "{a}+{b}", "{a} + {b} =[| ?]", "{a}+{b}=[|?]", "[What's|What is] {A} plus {B}?",
            "How much is {a} + {b}?",
            "How much [is|are] {A} and {B} [together|in total|altogether|combined]?", "![Add|Sum] {A} and {B}.", "!Add {B} to {A}.",
            "![Compute|Calculate|Work out|Find|Evaluate|Determine] {a} + {b}.", "![Compute|Calculate|Find|Give me|Tell me] the sum of {A} and {B}.",
            "What is the sum of {A} and {B}?", "What do you get [when|if] you add {A} and {B}?", "[{a} plus {b}|{A} plus {B}]",
            "What does {a} + {b} [equal|make|give]?",
            "I have {A} and get {B} more. How many [is that|do I have now]?", "sum of {a} and {b}", "{a} + {b} is what?", "!Increase {a} by {b}.",
            "What is {B} more than {A}?", "What number is {b} [larger|greater|bigger] than {a}?", "!Solve {a} + {b}.",
            "Do you know what {a} + {b} is?",
            "{a} and {b}, what is the total?", "What [would|will] {a} and {b} add up to?", "[The result of|Result of|Answer to] {a} + {b}?",
        ],
        [
            "!Give the total of {a} and {b}.", "If I put {a} and {b} together, [what|how much] do I get?", "What is the result of adding {a} to {b}?",
            "{A} added to {B} [is|gives] what?", "How much does {a} plus {b} come to?",
        ]);

    public override string Name => "addition";

    protected override Operands Draw(Random random, bool outOfRange)
    {
        if (!outOfRange) return new(random.Digits(1, 4), random.Digits(1, 4));
        (long longer, long other) = (random.Digits(5, 6), random.Digits(3, 6));
        return random.Chance(0.5) ? new(longer, other) : new(other, longer);
    }

    protected override string Key(Operands content) => $"{Math.Min(content.Left, content.Right)}+{Math.Max(content.Left, content.Right)}";

    protected override WordingSet Wordings(Operands content) => s_wordings;

    protected override Slots SlotsOf(Operands content, Random random) => new()
    {
        { "a", content.Left }, { "b", content.Right },
        { "A", NumberWords.Either(random, content.Left, 0.3) }, { "B", NumberWords.Either(random, content.Right, 0.3) },
    };

    protected override string Answer(Operands content) => $"{content.Left + content.Right}";

    protected override string Think(Operands content)
    {
        var working = new Working();
        working.Add(content.Left, content.Right);
        return working.Text;
    }

    protected override string Reason(Operands content) => $"Because {content.Left}+{content.Right}={content.Left + content.Right}.";
}
