using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What is asked about the answer before.</summary>
internal enum FollowUpKind
{
    Plus,
    Minus,
    Times,
    Double,
    Descending,
    Ascending,
    Backwards,
    Largest,
    Smallest,
    Length,
    Sum,
}

/// <summary>A question, its answer, and a question about that answer.</summary>
/// <param name="First">The first question.</param>
/// <param name="Kind">What is asked then.</param>
/// <param name="Operand">The number that is named then.</param>
internal sealed record FollowUp(Problem First, FollowUpKind Kind, long Operand);

/// <summary>Second questions about the answer to the first: "and plus 5?", "now sort them descending", "what is the largest of them?".</summary>
internal sealed class FollowUps : TaskFamily<FollowUp>
{
    private static readonly ITask[] s_numbers = [new Families.Addition(), new Families.Subtraction(), new Families.Multiplication(), new Families.WordProblems(), new Families.Expressions()];
    private static readonly ITask s_sorting = new Families.Sorting(), s_reversal = new Families.Reversal(), s_counting = new Families.LetterCounting();

    private static readonly Dictionary<FollowUpKind, WordingSet> s_wordings = new()
    {
        [FollowUpKind.Plus] = new(
            [
                "[And|Now|] plus {n}[?|]", "+ {n}", "+{n}", "[and|now] + {n}", "[Now |]add {n}[ to it| to that| to the result|][.|]",
                "What is that plus {n}?", "And {n} more?", "Add another {n}[.|]", "And if I add {n}?", "Plus {n}, please.", "What if {n} more come?",
                "And with {n} more?", "Increase it by {n}[.|]", "[OK, |So |]what is it plus {n}?",
            ],
            ["Put {n} on top of it[.|]", "How much with {n} added?", "Then {n} more, what is it?"]),
        [FollowUpKind.Minus] = new(
            [
                "[And|Now|] minus {n}[?|]", "- {n}", "-{n}", "[and|now] - {n}", "[Now |]subtract {n}[ from it| from that| from the result|][.|]",
                "What is that minus {n}?", "Take {n} away[.|]", "And if I subtract {n}?", "Minus {n}, please.", "And with {n} less?",
                "Decrease it by {n}[.|]", "Remove {n} from that[.|]", "[OK, |So |]what is it minus {n}?",
            ],
            ["How much with {n} taken off?", "Then {n} fewer, what is it?"]),
        [FollowUpKind.Times] = new(
            [
                "[And|Now|] times {n}[?|]", "* {n}", "*{n}", "x {n}", "[Now |]multiply [it|that|the result|] by {n}[.|]", "What is that times {n}?",
                "And if I multiply by {n}?", "Times {n}, please.", "And {n} times that?", "{n} times as much?", "[OK, |So |]what is it times {n}?",
                "Take it {n} times[.|]",
            ],
            ["How much is {n} of those?", "Multiplied with {n}, what is it?"]),
        [FollowUpKind.Double] = new(
            [
                "[And|Now|] double [it|that][.|?|]", "Double[?|]", "What is twice that?", "And twice that?", "Twice as much?",
                "[Now |]times two[.|?|]", "What is the double?", "And the double of it?", "What is it doubled?", "[Please |]double the result[.|]",
                "And two times that?", "How much is twice as much?",
            ],
            ["Make it twice as large[.|]", "What do I get if I double it?"]),
        [FollowUpKind.Descending] = new(
            [
                "[Now|And now|And] [sort [it|them] |]descending[.|?|]", "[Now |]in descending order[, please|][.|?|]",
                "[Now |]from largest to smallest[.|?|]", "And the other way round?", "[Now |]the other way round[.|]",
                "Reverse [it|them|the order|the list][.|]", "[Now |]sort [it|them] descending[.|]", "largest first[.|]", "And in reverse?",
                "Now backwards[.|]", "[Please |]turn it around[.|]", "In decreasing order[.|?|]",
            ],
            ["Begin with the largest[.|]", "And starting from the top?"]),
        [FollowUpKind.Ascending] = new(
            [
                "[Now|And now|And] [sort [it|them] |]ascending[.|?|]", "[Now |]in ascending order[, please|][.|?|]",
                "[Now |]from smallest to largest[.|?|]", "And the other way round?", "[Now |]the other way round[.|]",
                "Reverse [it|them|the order|the list][.|]", "[Now |]sort [it|them] ascending[.|]", "smallest first[.|]", "And in reverse?",
                "Now backwards[.|]", "[Please |]turn it around[.|]", "In increasing order[.|?|]",
            ],
            ["Begin with the smallest[.|]", "And starting from the bottom?"]),
        [FollowUpKind.Backwards] = new(
            [
                "[Now|And now|And] backwards[.|?|]", "[Now |]reverse it[ again|][.|]", "And reversed?", "[Now |]spell it backwards[.|]",
                "[Now |]write it backwards[.|]", "[Now |]turn it around[ again|][.|]", "And the other way round?", "[Please |]reverse the word[.|]",
                "What is it backwards?", "Now the word backwards[.|]", "And in reverse?", "Flip it[.|]",
            ],
            ["Read it from right to left[.|]", "And when you start at the end?"]),
        [FollowUpKind.Largest] = new(
            [
                "[And |]which is the [largest|biggest|greatest][?|]", "[And |]what is the [largest|biggest|greatest][ of them| one|][?|]",
                "The [largest|biggest][?|]", "[And |]the maximum[?|]", "[Now |]give me the [largest|biggest][.|]",
                "Which one is the [largest|biggest]?", "What is the maximum?", "And the biggest number?", "Which of them is the largest?",
                "[Just |]the largest[.|]", "max?", "And the greatest?",
            ],
            ["Which of these has the highest value?", "Name the greatest[.|]"]),
        [FollowUpKind.Smallest] = new(
            [
                "[And |]which is the [smallest|least][?|]", "[And |]what is the [smallest|lowest][ of them| one|][?|]", "The [smallest|lowest][?|]",
                "[And |]the minimum[?|]", "[Now |]give me the smallest[.|]", "Which one is the smallest?", "What is the minimum?",
                "And the smallest number?", "Which of them is the smallest?", "[Just |]the smallest[.|]", "min?", "And the least?",
            ],
            ["Which of these has the lowest value?", "Name the least[.|]"]),
        [FollowUpKind.Length] = new(
            [
                "[And |]how many letters does it have[?|]", "[And |]how long is it[?|]", "How many letters[ is that| are there| in all| in total|]?",
                "[And |]how many letters[?|]", "Count [the|all] letters[.|]", "What is its length?", "[Now |]count its letters[.|]",
                "And its length?", "How many characters does it have?", "And all letters together?", "How many letters has the word?",
                "And the whole word?",
            ],
            ["What is the number of letters then?", "And if you count every letter?"]),
        [FollowUpKind.Sum] = new(
            [
                "[And |]what is their sum[?|]", "[Now |]add them[ up|][.|]", "[And |]the sum[?|]",
                "What is the sum of [them|these numbers|the list]?", "[And |]what is the total[?|]", "Sum[?|]", "Now add all of them[.|]",
                "And all together?", "How much is that in total?", "[Please |]sum them up[.|]", "What do they add up to?", "And the total of them?",
            ],
            ["How much are they all together?", "Put them all together, what is it?"]),
    };

    public override string Name => "follow-ups";

    protected override bool IsFramed => false;

    public override IReadOnlyList<Split> Splits { get; } = [Split.Train, Split.Test];

    protected override FollowUp Draw(Random random, bool outOfRange) => throw new NotSupportedException();

    protected override FollowUp Draw(Random random, Split split)
    {
        var kind = (FollowUpKind)random.Next(11);
        ITask task = kind switch
        {
            <= FollowUpKind.Double => random.Pick(s_numbers),
            FollowUpKind.Backwards => random.Chance(0.5) ? s_reversal : s_counting,
            FollowUpKind.Length => random.Chance(0.5) ? s_reversal : s_counting,
            _ => s_sorting,
        };
        while (true)
        {
            var drawn = new FollowUp(task.Generate(random, split), kind, kind == FollowUpKind.Times ? random.Between(2, 9) : random.Digits(1, 2));
            if (IsPossible(drawn)) return drawn;
        }
    }

    protected override string Key(FollowUp content) => $"{content.First.Task} {content.First.Key} {content.Kind} {content.Operand}";

    protected override WordingSet Wordings(FollowUp content) => s_wordings[content.Kind];

    protected override Slots SlotsOf(FollowUp content, Random random) => new() { { "n", content.Operand } };

    protected override string Answer(FollowUp content) => content.Kind switch
    {
        FollowUpKind.Plus => $"{Value(content) + content.Operand}",
        FollowUpKind.Minus => $"{Value(content) - content.Operand}",
        FollowUpKind.Times => $"{Value(content) * content.Operand}",
        FollowUpKind.Double => $"{Value(content) * 2}",
        FollowUpKind.Descending => string.Join(", ", Numbers(content).OrderDescending()),
        FollowUpKind.Ascending => string.Join(", ", Numbers(content).Order()),
        FollowUpKind.Largest => $"{Numbers(content).Max()}",
        FollowUpKind.Smallest => $"{Numbers(content).Min()}",
        FollowUpKind.Sum => $"{Numbers(content).Sum()}",
        FollowUpKind.Length => $"{Word(content).Length}",
        _ => new string([.. Word(content).Reverse()]),
    };

    protected override bool Accepts(FollowUp content, string answer) => content.Kind switch
    {
        FollowUpKind.Ascending or FollowUpKind.Descending => AnswerText.AreEqual(AnswerForm.List, Answer(content), answer),
        FollowUpKind.Backwards => Answer(content) == answer,
        _ => base.Accepts(content, answer),
    };

    protected override Demonstration Solve(FollowUp content, Random random) =>
        new(Think(content), content.Kind == FollowUpKind.Backwards ? Spelled.Out(Answer(content)) : Answer(content));

    protected override string Think(FollowUp content)
    {
        var working = new Working();
        switch (content.Kind)
        {
            case FollowUpKind.Plus:
                working.CalculateSigned(Value(content), '+', content.Operand);
                break;
            case FollowUpKind.Minus:
                working.CalculateSigned(Value(content), '-', content.Operand);
                break;
            case FollowUpKind.Times:
                working.CalculateSigned(Value(content), '*', content.Operand);
                break;
            case FollowUpKind.Double:
                working.CalculateSigned(Value(content), '*', 2);
                break;
            case FollowUpKind.Sum:
                AddAll(working, [.. Numbers(content)]);
                break;
            case FollowUpKind.Length:
                working.Line($"letters: {string.Join(' ', Word(content).Select((letter, i) => $"{letter}{i + 1}"))}");
                break;
            case FollowUpKind.Backwards:
                IEnumerable<string> numbered = Word(content).Select((letter, i) => $"{letter}{(char.IsAsciiDigit(letter) ? ":" : "")}{i + 1}");
                working.Line(string.Join(' ', numbered)).Line(string.Join(' ', numbered.Reverse()));
                break;
            default:
                working.Line(string.Join(' ', Numbers(content)));
                break;
        }

        return working.Text;
    }

    protected override Problem Arrange(Problem<FollowUp> problem, Random random)
    {
        Problem first = problem.Content.First;
        return problem with
        {
            Messages = [.. first.Messages, new("assistant", first.Answer), .. problem.Messages],
            Form = problem.Content.Kind switch
            {
                FollowUpKind.Ascending or FollowUpKind.Descending => AnswerForm.List,
                FollowUpKind.Backwards => AnswerForm.Text,
                _ => AnswerForm.Number,
            },
        };
    }

    private static void AddAll(Working working, long[] numbers)
    {
        long sum = numbers[0];
        foreach (long next in numbers[1..]) sum = working.Add(sum, next);
    }

    private static bool IsPossible(FollowUp drawn) => drawn.Kind switch
    {
        FollowUpKind.Minus => Value(drawn) >= drawn.Operand,
        FollowUpKind.Times or FollowUpKind.Double => Value(drawn) is >= 0 and < 1000,
        FollowUpKind.Plus => Value(drawn) >= 0,
        FollowUpKind.Ascending => ((Problem<Families.Unsorted>)drawn.First).Content.IsDescending,
        FollowUpKind.Descending => !((Problem<Families.Unsorted>)drawn.First).Content.IsDescending,
        FollowUpKind.Sum => Numbers(drawn).Count() <= 4,
        FollowUpKind.Backwards or FollowUpKind.Length =>
            drawn.First is not Problem<Families.Reversible> { Content: var reversible } || (!reversible.IsList && !char.IsAsciiDigit(reversible.Items[0][0])),
        _ => true,
    };

    private static long Value(FollowUp content) =>
        AnswerText.TryNumber(content.First.Answer, out decimal value) ? (long)value : throw new InvalidOperationException("The first answer is no number.");

    private static IEnumerable<long> Numbers(FollowUp content) =>
        content.First.Answer.Split(", ").Select(item => long.Parse(item, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The word that the conversation is about: after a reversal what came out, after counting the word itself.</summary>
    private static string Word(FollowUp content) =>
        content.First is Problem<Families.CountedWord> counted ? counted.Content.Word : content.First.Answer;
}
