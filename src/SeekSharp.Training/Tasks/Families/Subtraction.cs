using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Differences of two numbers of up to 4 digits, some of them negative; out of range 5 and 6 digits.</summary>
internal sealed class Subtraction : TaskFamily<Operands>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {a} - {b}?", "{a} - {b}", "{a}-{b}", "{a} - {b} =[| ?]", "{a}-{b}=[|?]", "[What's|What is] {A} minus {B}?",
            "How much is {a} - {b}?",
            "!Subtract {B} from {A}.", "!Take {B} [away from|from] {A}.", "![Compute|Calculate|Work out|Find|Evaluate|Determine] {a} - {b}.",
            "[What is|Find] the difference of {A} and {B}[?|.]", "What do you get [when|if] you subtract {B} from {A}?",
            "[{a} minus {b}|{A} minus {B}]",
            "What is {A} less {B}?", "!Decrease {a} by {b}.", "What does {a} - {b} [equal|make|give]?", "What is left if {B} is taken from {A}?",
            "{a} take away {b}", "!Solve {a} - {b}.", "Do you know what {a} - {b} is?", "What number is {b} [smaller|less] than {a}?",
            "{a} - {b} is what?",
            "!Reduce {a} by {b}.", "I have {A} and [lose|spend|use] {B}. What is left?", "[The result of|Result of|Answer to] {a} - {b}?",
        ],
        [
            "!Tell me {a} minus {b}.", "What remains of {a} after taking away {b}?", "What is the result of subtracting {b} from {a}?",
            "If you start at {a} and go down by {b}, where do you end?", "How much is {a} reduced by {b}?",
        ]);

    public override string Name => "subtraction";

    protected override Operands Draw(Random random, bool outOfRange)
    {
        Operands drawn = outOfRange ? new(random.Digits(5, 6), random.Digits(3, 6)) : new(random.Digits(1, 4), random.Digits(1, 4));
        bool isNegative = drawn.Left < drawn.Right;
        return isNegative && random.Chance(0.8) ? new(drawn.Right, drawn.Left) : drawn;
    }

    protected override string Key(Operands content) => $"{content.Left}-{content.Right}";

    protected override WordingSet Wordings(Operands content) => s_wordings;

    protected override Slots SlotsOf(Operands content, Random random) => new()
    {
        { "a", content.Left }, { "b", content.Right },
        { "A", NumberWords.Either(random, content.Left, 0.3) }, { "B", NumberWords.Either(random, content.Right, 0.3) },
    };

    protected override string Answer(Operands content) => $"{content.Left - content.Right}";

    protected override string Think(Operands content)
    {
        var working = new Working();
        working.Subtract(content.Left, content.Right);
        return working.Text;
    }

    protected override string Reason(Operands content) => $"Because {content.Left}-{content.Right}={content.Left - content.Right}.";
}
