using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Numbers and the signs between them, computed with the usual precedence.</summary>
/// <param name="Numbers">The numbers.</param>
/// <param name="Signs">One fewer signs: + - *.</param>
/// <param name="Group">Index of the number at which a parenthesis around two numbers opens, or -1.</param>
internal sealed record Chain(long[] Numbers, string Signs, int Group)
{
    public override string ToString() => string.Concat(Numbers.Select((number, i) =>
        $"{(i == Group ? "(" : "")}{number}{(i == Group + 1 && Group >= 0 ? ")" : "")}{(i < Signs.Length ? Signs[i] : "")}"));
}

/// <summary>Expressions of 3 or 4 numbers below 50 with + - * and parentheses; out of range 5 or 6 numbers.</summary>
internal sealed class Expressions : TaskFamily<Chain>
{
    private static readonly WordingSet s_wordings = new(
        [
            "What is {e}?", "{e}", "{e} =[| ?]", "[What's|How much is] {e}?", "![Compute|Calculate|Work out|Evaluate|Solve|Find|Determine] {e}.",
            "!Evaluate the expression {e}.",
            "What is the value of {e}?", "What does {e} [equal|give|make]?", "!Simplify {e}.", "!Give me the value of {e}.", "value of {e}",
            "{e} is what?", "!Work out the value of {e}.",
            "What do you get for {e}?", "What comes out of {e}?", "!Find the value of the expression {e}.", "Do you know what {e} is?",
        ],
        ["!Tell me the result of {e}.", "What number is {e}?", "How do you compute {e}?", "If I type {e} into a calculator, what does it show?"]);

    private static readonly WordingSet s_sums = new(
        [
            "What is {e}?", "{e}", "{e} =[| ?]", "What is the sum of {list}?", "![Add|Sum] {list}.", "!Add up {list}.", "sum of {list}",
            "What do {list} add up to?", "How much are {list} together?", "!Find the [sum|total] of {list}.", "What is the total of {list}?",
            "!Compute the sum of {list}.", "!Add the numbers {list}.", "What do you get [when|if] you add {list}?", "{list}: what is the sum?",
            "![Compute|Calculate|Work out] {e}.", "!Sum up {list}.",
        ],
        ["!Give me the total of {list}.", "If I add {list}, what is the result?", "How much do {list} make in all?"]);

    public override string Name => "expressions";

    protected override Chain Draw(Random random, bool outOfRange)
    {
        while (true)
        {
            int count = outOfRange ? random.Next(5, 7) : random.Next(3, 5);
            char[] signs = [.. Enumerable.Range(0, count - 1).Select(_ => random.Pick("+-*+-".ToCharArray()))];
            if (random.Chance(0.15)) Array.Fill(signs, '+');
            long[] numbers = [.. Enumerable.Range(0, count).Select(i => random.Between(1, IsFactor(signs, i) ? 12 : 49))];
            var chain = new Chain(numbers, new string(signs), random.Chance(0.4) ? random.Next(count - 1) : -1);
            if (TryReduce(chain, null, out long value) && value <= 2000) return chain;
        }

        static bool IsFactor(char[] signs, int i) => (i > 0 && signs[i - 1] == '*') || (i < signs.Length && signs[i] == '*');
    }

    protected override string Key(Chain content) => content.ToString();

    protected override WordingSet Wordings(Chain content) => IsSum(content) ? s_sums : s_wordings;

    protected override Slots SlotsOf(Chain content, Random random)
    {
        string text = content.ToString();
        if (random.Chance(0.5)) foreach (char sign in "+-*") text = text.Replace($"{sign}", $" {sign} ", StringComparison.Ordinal);
        return new() { { "e", text }, { "list", $"{string.Join(", ", content.Numbers[..^1])} and {content.Numbers[^1]}" } };
    }

    protected override string Answer(Chain content)
    {
        TryReduce(content, null, out long value);
        return $"{value}";
    }

    protected override string Think(Chain content)
    {
        var working = new Working();
        TryReduce(content, working, out _);
        return working.Text;
    }

    protected override string Reason(Chain content) => $"Because {content}={Answer(content)}.";

    private static bool IsSum(Chain chain) => chain.Group < 0 && chain.Signs.All(sign => sign == '+');

    /// <summary>
    /// Carries out one operation after the other: the parenthesis, products, then from the left. Refuses negative intermediate results.
    /// </summary>
    private static bool TryReduce(Chain chain, Working? working, out long value)
    {
        List<long> numbers = [.. chain.Numbers];
        List<char> signs = [.. chain.Signs];
        int group = chain.Group;
        value = -1;
        while (signs.Count > 0)
        {
            int at = group >= 0 ? group : Math.Max(signs.IndexOf('*'), 0);
            long result = signs[at] switch { '+' => numbers[at] + numbers[at + 1], '-' => numbers[at] - numbers[at + 1], _ => numbers[at] * numbers[at + 1] };
            if (result < 0) return false;
            if (signs.Count > 1) working?.Line(new Chain([.. numbers], string.Concat(signs), group).ToString());
            working?.Calculate(numbers[at], signs[at], numbers[at + 1]);
            numbers[at] = result;
            numbers.RemoveAt(at + 1);
            signs.RemoveAt(at);
            group = -1;
        }

        value = numbers[0];
        return true;
    }
}
