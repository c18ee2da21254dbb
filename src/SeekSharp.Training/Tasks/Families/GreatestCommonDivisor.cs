using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Greatest common divisors of numbers to 120; out of range to 999.</summary>
internal sealed class GreatestCommonDivisor : TaskFamily<Operands>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is the greatest common divisor of {a} and {b}?", "!Find the greatest common divisor of {a} and {b}.", "gcd({a}, {b})",
            "gcd({a},{b})", "What is gcd({a}, {b})?", "gcd of {a} and {b}", "What is the gcd of {a} and {b}?",
            "![Compute|Calculate|Find|Determine] the gcd of {a} and {b}.", "What is the greatest common factor of {a} and {b}?",
            "What is the highest common factor of {a} and {b}?", "!Give me the greatest common divisor of {a} and {b}.",
            "What is the largest number that divides both {a} and {b}?", "Which is the biggest number that divides {a} and {b}?",
            "greatest common divisor of {a}, {b}", "gcf of {a} and {b}", "hcf of {a} and {b}", "GCD {a} {b}",
            "!Tell me the greatest common factor of {a} and {b}.", "![Compute|Calculate] gcd({a}, {b}).",
            "What is the largest common divisor of {a} and {b}?",
        ],
        [
            "By which largest number can both {a} and {b} be divided?", "!Work out the highest common factor of {a} and {b}.",
            "{a} and {b}: what is their greatest common divisor?", "!Name the largest divisor that {a} and {b} share.",
        ]);

    public override string Name => "greatest-common-divisor";

    protected override Operands Draw(Random random, bool outOfRange)
    {
        (long first, long last) = outOfRange ? (121L, 999L) : (2L, 120L);
        // A common factor in most, or nearly all answers were 1 or 2.
        long factor = random.Chance(0.75) ? random.Between(2, outOfRange ? 60 : 30) : 1;
        return new(Multiple(), Multiple());

        long Multiple() => factor * random.Between((first + factor - 1) / factor, last / factor);
    }

    protected override string Key(Operands content) => $"{Math.Min(content.Left, content.Right)} {Math.Max(content.Left, content.Right)}";

    protected override WordingSet Wordings(Operands content) => s_wordings;

    protected override Slots SlotsOf(Operands content, Random random) => new() { { "a", content.Left }, { "b", content.Right } };

    protected override string Answer(Operands content) => $"{Divisor(content)}";

    /// <summary>Euclid's algorithm: "48=36*1+12", "36=12*3+0".</summary>
    protected override string Think(Operands content)
    {
        var working = new Working();
        (long larger, long smaller) = content.Left >= content.Right ? (content.Left, content.Right) : (content.Right, content.Left);
        while (smaller > 0)
        {
            long remainder = larger % smaller;
            working.Line($"{larger}={smaller}*{larger / smaller}+{remainder}");
            (larger, smaller) = (smaller, remainder);
        }

        return working.Text;
    }

    protected override string Reason(Operands content)
    {
        long divisor = Divisor(content);
        return $"Because {content.Left}={divisor}*{content.Left / divisor} and {content.Right}={divisor}*{content.Right / divisor}.";
    }

    private static long Divisor(Operands content)
    {
        (long a, long b) = (content.Left, content.Right);
        while (b > 0) (a, b) = (b, a % b);
        return a;
    }
}
