using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Numbers and what they shall make.</summary>
internal sealed record CountdownPuzzle(long[] Numbers, long Target);

/// <summary>Three numbers to 25, each to be used once with + - * /, to reach a target to 200; out of range four numbers.</summary>
/// <remarks>
/// The demonstration is a search that always ends: some number comes last; what the other two make, and what would be needed, are written side by
/// side.
/// </remarks>
internal sealed class Countdown : TaskFamily<CountdownPuzzle>
{
    private static readonly WordingSet s_wordings = new(
        [
            "!Use {list} to make {t}.", "!Make {t} from {list}.", "!Make {t} [using|with] {list}.", "!Use {list} once each to make {t}.",
            "!Use each of {list} once to get {t}.", "How can you make {t} from {list}?",
            "How do I get {t} from {list}?", "!Reach {t} with {list}.", "countdown: {comma} -> {t}", "countdown {comma}, target {t}",
            "numbers {comma}, target {t}", "Numbers: {comma}. Target: {t}.", "!Combine {list} to get {t}.",
            "!Find an expression that uses {list} and equals {t}.", "!Using {list}, each once, with + - * /, make {t}.", "!Write {t} with {list}.",
            "With {list}, how do you make {t}?", "!Get {t} out of {list} with + - * /.",
            "!Create an equation from {list} that gives {t}.", "!Use the numbers {list} to reach the target {t}.",
            "Which calculation with {list} gives {t}?", "!Play countdown: {comma}. Target {t}.",
        ],
        [
            "Can {t} be made out of {list}? How?", "!Build {t} from the numbers {list}.", "I have {list} and want {t}. How?",
            "!Solve this countdown: {comma} for {t}.",
        ]);

    public override string Name => "countdown";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override CountdownPuzzle Draw(Random random, bool outOfRange)
    {
        while (true)
        {
            long[] numbers = [.. Enumerable.Range(0, outOfRange ? 4 : 3).Select(_ => random.Between(1, 25))];
            long value = numbers[0];
            foreach (long number in numbers[1..])
            {
                value = random.Next(6) switch
                {
                    0 or 1 => value + number,
                    2 or 3 => Math.Abs(value - number),
                    4 => value * number,
                    _ => value % number == 0 ? value / number : value + number,
                };
            }

            random.Shuffle(numbers);
            if (value is > 0 and <= 200 && Find(numbers, value) is not null) return new(numbers, value);
        }
    }

    protected override string Key(CountdownPuzzle content) => $"{string.Join(' ', content.Numbers.Order())} {content.Target}";

    protected override WordingSet Wordings(CountdownPuzzle content) => s_wordings;

    protected override Slots SlotsOf(CountdownPuzzle content, Random random)
    {
        string comma = string.Join(", ", content.Numbers);
        return new()
        {
            { "list", random.Pick([comma, $"{string.Join(", ", content.Numbers[..^1])} and {content.Numbers[^1]}", $"[{comma}]", string.Join(' ', content.Numbers)]) },
            { "comma", random.Chance(0.6) ? comma : string.Join(' ', content.Numbers) }, { "t", content.Target },
        };
    }

    protected override string Answer(CountdownPuzzle content) => Find(content.Numbers, content.Target)!;

    /// <summary>Any expression that uses exactly the given numbers and has the value; "= target" may follow.</summary>
    protected override bool Accepts(CountdownPuzzle content, string answer)
    {
        string[] sides = answer.Split('=');
        if (sides.Length > 2 || (sides.Length == 2 && !AnswerText.AreEqual(AnswerForm.Number, $"{content.Target}", sides[1]))) return false;
        return ArithmeticExpression.TryCompute(sides[0].TrimEnd(), out long numerator, out long denominator, out IReadOnlyList<long> numbers) &&
            denominator == 1 && numerator == content.Target && numbers.Order().SequenceEqual(content.Numbers.Order());
    }

    protected override string Think(CountdownPuzzle content)
    {
        if (content.Numbers.Length != 3) return $"{string.Join(' ', content.Numbers)} make {content.Target}: {Answer(content)}";
        List<string> lines = [];
        for (int last = 0; last < 3; last++)
        {
            (long x, long y, long z) = Cut(content.Numbers, last);
            IEnumerable<string> made = Pairs(x, y).Select(pair => $"{pair.Text}={pair.Value}"), needed = Needs(content.Target, z).Select(need => $"{need.Value}");
            lines.Add($"{z} last: {string.Join(' ', made)}; need {string.Join(' ', needed)}");
            if (Match(content.Numbers, last, content.Target) is not { } found) continue;
            lines.Add($"{found.Value} fits: {found.Expression}");
            break;
        }

        return string.Join('\n', lines);
    }

    protected override string Reason(CountdownPuzzle content) => $"Because {Answer(content)}={content.Target}.";

    /// <summary>A solution in which the numbers that are not last come first, or null.</summary>
    private static string? Find(long[] numbers, long target)
    {
        for (int last = 0; last < numbers.Length; last++)
        {
            if (numbers.Length == 3 && Match(numbers, last, target) is { } found) return found.Expression;
            if (numbers.Length == 3) continue;
            foreach ((long need, string pattern) in Needs(target, numbers[last]))
                if (Find([.. numbers[..last], .. numbers[(last + 1)..]], need) is { } rest) return pattern.Replace("{0}", $"({rest})", StringComparison.Ordinal);
        }

        return null;
    }

    private static (long Value, string Expression)? Match(long[] numbers, int last, long target)
    {
        (long x, long y, long z) = Cut(numbers, last);
        foreach ((long made, string text) in Pairs(x, y))
        {
            foreach ((long need, string pattern) in Needs(target, z))
            {
                bool isProduct = text.Contains('*', StringComparison.Ordinal) || text.Contains('/', StringComparison.Ordinal);
                bool isBare = pattern.StartsWith("{0}+", StringComparison.Ordinal) || pattern.StartsWith("{0}-", StringComparison.Ordinal) || (isProduct && pattern.StartsWith("{0}", StringComparison.Ordinal));
                if (made == need) return (made, pattern.Replace("{0}", isBare ? text : $"({text})", StringComparison.Ordinal));
            }
        }

        return null;
    }

    private static (long X, long Y, long Last) Cut(long[] numbers, int last)
    {
        long[] rest = [.. numbers[..last], .. numbers[(last + 1)..]];
        return (rest[0], rest[1], numbers[last]);
    }

    /// <summary>What two numbers make, the larger first.</summary>
    private static IEnumerable<(long Value, string Text)> Pairs(long x, long y)
    {
        (long large, long small) = x >= y ? (x, y) : (y, x);
        yield return (large + small, $"{large}+{small}");
        yield return (large - small, $"{large}-{small}");
        yield return (large * small, $"{large}*{small}");
        if (large % small == 0) yield return (large / small, $"{large}/{small}");
    }

    /// <summary>What the others must make so that one last number leads to the target.</summary>
    private static IEnumerable<(long Value, string Pattern)> Needs(long target, long last)
    {
        if (target >= last) yield return (target - last, $"{{0}}+{last}");
        else yield return (last - target, $"{last}-{{0}}");
        yield return (target + last, $"{{0}}-{last}");
        if (target % last == 0) yield return (target / last, $"{{0}}*{last}");
    }
}
