using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>The law of a sequence.</summary>
internal enum SequenceKind
{
    /// <summary>The same is added each time; it may be negative.</summary>
    Arithmetic,
    /// <summary>Each is a multiple of the one before.</summary>
    Geometric,
    /// <summary>Each is the sum of the two before.</summary>
    Sums,
    /// <summary>What is added grows by the same each time.</summary>
    GrowingSteps,
}

/// <summary>The start of a sequence.</summary>
internal sealed record NumberSequence(SequenceKind Kind, long[] Shown, long Next, long Step);

/// <summary>
/// The next number of arithmetic, geometric, Fibonacci-like and quadratic sequences, starting below 30; out of range larger starts and steps.
/// </summary>
internal sealed class Sequences : TaskFamily<NumberSequence>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What comes next: {s}, ...?", "What is the next number in {s}?", "{s}, what comes next?", "{s}, ?", "{s}, ...",
            "!Continue the sequence {s}.", "!Continue: {s}", "next number: {s}",
            "What is the next number [in the sequence|of the sequence|in this series]: {s}?", "!Find the next [number|term]: {s}",
            "Which number [follows|comes after] {s}?", "!Complete the [sequence|pattern]: {s}, _",
            "{s}: what is next?", "What is the next term of {s}?", "!Give me the next number after {s}.", "Which number is missing: {s}, _?",
            "!Guess the next number: {s}", "How does {s} go on?",
            "What number should come after {s}?", "!Extend the sequence {s} by one number.",
        ],
        ["!Tell me what follows {s}.", "Here is a sequence: {s}. Which number is next?", "!Predict the next value: {s}", "{s}. And then?"]);

    public override string Name => "sequences";

    protected override NumberSequence Draw(Random random, bool outOfRange)
    {
        while (true)
        {
            var kind = (SequenceKind)random.Next(4);
            int shown = random.Next(4, 6);
            long start = outOfRange ? random.Between(100, 400) : random.Between(1, 30);
            long step = kind switch
            {
                SequenceKind.Arithmetic => outOfRange ? random.Between(20, 90) : random.Between(2, 12) * (random.Chance(0.25) ? -1 : 1),
                SequenceKind.Geometric => random.Between(2, outOfRange ? 5 : 4),
                SequenceKind.Sums => random.Between(1, outOfRange ? 90 : 15),
                _ => random.Between(1, outOfRange ? 20 : 3),
            };
            if (kind == SequenceKind.Geometric && !outOfRange) start = random.Between(1, 8);
            if (kind == SequenceKind.Sums && !outOfRange) start = random.Between(1, 15);
            long[] all = Continue(kind, start, step, random.Between(1, outOfRange ? 30 : 6), shown + 1);
            if (all[^1] >= 0) return new(kind, all[..shown], all[shown], step);
        }
    }

    protected override string Key(NumberSequence content) => string.Join(' ', content.Shown[..4]);

    protected override WordingSet Wordings(NumberSequence content) => s_wordings;

    protected override Slots SlotsOf(NumberSequence content, Random random) =>
        new() { { "s", string.Join(random.Chance(0.75) ? ", " : " ", content.Shown) } };

    protected override string Answer(NumberSequence content) => $"{content.Next}";

    /// <summary>The differences always come first: which law it is shows in them.</summary>
    protected override string Think(NumberSequence content)
    {
        long[] shown = content.Shown;
        long[] steps = [.. shown.Zip(shown[1..], (left, right) => right - left)];
        var working = new Working();
        working.Line($"{string.Join(' ', shown)}: steps {string.Join(' ', steps)}");
        switch (content.Kind)
        {
            case SequenceKind.Arithmetic:
                working.Line(content.Step < 0 ? $"always {content.Step}" : $"always +{content.Step}");
                working.Calculate(shown[^1], content.Step < 0 ? '-' : '+', Math.Abs(content.Step));
                break;
            case SequenceKind.Geometric:
                working.Line($"always *{content.Step}");
                working.Multiply(shown[^1], content.Step);
                break;
            case SequenceKind.Sums:
                working.Line("each is the sum of the last two");
                working.Add(shown[^2], shown[^1]);
                break;
            default:
                working.Line($"the steps grow by {content.Step}");
                working.Add(shown[^1], working.Add(steps[^1], content.Step));
                break;
        }

        return working.Text;
    }

    protected override string Reason(NumberSequence content) => content.Kind switch
    {
        SequenceKind.Arithmetic =>
            content.Step < 0 ? $"Because each number is {-content.Step} less than the one before." : $"Because each number is {content.Step} more than the one before.",
        SequenceKind.Geometric => $"Because each number is {content.Step} times the one before.",
        SequenceKind.Sums => "Because each number is the sum of the two before.",
        _ => $"Because the steps grow by {content.Step}.",
    };

    private static long[] Continue(SequenceKind kind, long start, long step, long firstStep, int count)
    {
        long[] all = new long[count];
        all[0] = start;
        for (int i = 1; i < count; i++)
        {
            all[i] = kind switch
            {
                SequenceKind.Arithmetic => all[i - 1] + step,
                SequenceKind.Geometric => all[i - 1] * step,
                SequenceKind.Sums => i == 1 ? start + step : all[i - 1] + all[i - 2],
                _ => all[i - 1] + firstStep + (step * (i - 1)),
            };
        }

        return all;
    }
}
