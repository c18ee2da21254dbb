using System.Globalization;
using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>What is asked about two or three numbers.</summary>
internal enum ComparisonKind
{
    Larger,
    Smaller,
    Sign,
    IsLarger,
}

/// <summary>Which of several numbers is the largest or smallest.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Numbers">Two or three different numbers; whole, or decimal with at most two digits behind the point.</param>
internal sealed record Comparands(ComparisonKind Kind, decimal[] Numbers);

/// <summary>Comparing two or three whole numbers of up to 5 digits, or decimals such as 9.11 and 9.9; out of range 6 to 8 digits.</summary>
internal sealed class Comparison : TaskFamily<Comparands>
{
    private static readonly WordingSet s_larger = new(
        [
            "Which is [larger|bigger|greater], {either}?", "Which [number|one] is [larger|bigger|greater]: {either}?",
            "What is [larger|bigger|greater], {either}?",
            "!Tell me which is [larger|bigger|greater]: {either}.", "[{list}|{either}]: which is the [largest|biggest|greatest]?",
            "What is the [largest|biggest] of {list}?",
            "!Find the [largest|biggest|greatest] of {list}.", "![Compare|Look at] {list}. Which is [the largest|the biggest|larger]?",
            "What is the maximum of {list}?", "max({comma})",
            "!Give me the larger of {list}.", "Of {list}, which is [larger|the largest|the biggest]?",
            "Which of {list} is [larger|the biggest|the largest]?", "!Pick the [largest|biggest] number: {comma}",
            "Is {either} larger?", "the biggest of {comma}", "{either}, which one is more?",
        ],
        [
            "Which is more, {either}?", "!Choose the greatest of these: {comma}.", "Which number has the highest value: {either}?",
            "Between {list}, which is the biggest?",
        ]);

    private static readonly WordingSet s_smaller = new(
        [
            "Which is [smaller|less|lower], {either}?", "Which [number|one] is [smaller|less|lower]: {either}?", "What is [smaller|less], {either}?",
            "!Tell me which is [smaller|less]: {either}.", "[{list}|{either}]: which is the [smallest|least]?",
            "What is the [smallest|lowest] of {list}?",
            "!Find the [smallest|lowest] of {list}.", "![Compare|Look at] {list}. Which is [the smallest|smaller]?", "What is the minimum of {list}?",
            "min({comma})",
            "!Give me the smaller of {list}.", "Of {list}, which is [smaller|the smallest]?", "Which of {list} is [smaller|the smallest]?",
            "!Pick the smallest number: {comma}",
            "Is {either} smaller?", "the smallest of {comma}", "{either}, which one is less?",
        ],
        [
            "Which is fewer, {either}?", "!Choose the least of these: {comma}.", "Which number has the lowest value: {either}?",
            "Between {list}, which is the smallest?",
        ]);

    private static readonly WordingSet s_sign = new(
        [
            "!Put <[, =|] or > between {a} and {b}.", "{a} ? {b}, is it <[, =|] or >?", "!Compare {a} and {b} with < or >.", "{a} _ {b}: < or >?",
            "Which sign belongs between {a} and {b}, < or >?",
            "!Fill in < or >: {a} _ {b}", "< or >: {a} ... {b}", "Is it {a} < {b} or {a} > {b}? [Give the sign|Just the sign].",
            "!Write the right sign, < or >: {a} _ {b}",
            "What goes between {a} and {b}, < or >?", "Which is right for {a} _ {b}: < or >?", "!Insert < or > between {a} and {b}.",
        ],
        ["Which symbol is correct in {a} _ {b}, < or >?", "!Choose < or > for {a} _ {b}."]);

    private static readonly WordingSet s_isLarger = new(
        [
            "Is {a} [larger|greater|bigger] than {b}?", "Is {a} > {b}?", "{a} > {b}?", "Is {a} more than {b}?",
            "Is it true that {a} is [larger|greater|bigger] than {b}?",
            "{a} is [larger|greater|bigger] than {b}, right?", "Yes or no: is {a} [larger|greater] than {b}?",
            "!Tell me if {a} is [larger|bigger] than {b}.",
            "True or not: {a} > {b}?", "Is {b} [smaller|less] than {a}?", "Is {b} < {a}?", "!Check whether {a} is greater than {b}.",
        ],
        ["Does {a} exceed {b}?", "Would you say that {a} is greater than {b}?"]);

    public override string Name => "comparison";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override Comparands Draw(Random random, bool outOfRange)
    {
        var kind = (ComparisonKind)random.Next(4);
        int count = kind <= ComparisonKind.Smaller && random.Chance(0.35) ? 3 : 2;
        bool isDecimal = random.Chance(0.3);
        while (true)
        {
            decimal[] numbers = new decimal[count];
            for (int i = 0; i < count; i++) numbers[i] = isDecimal ? DecimalNumber(random, outOfRange) : outOfRange ? random.Digits(6, 8) : random.Digits(1, 5);
            // Numbers of one length, sharing their first digits, are the ones that need looking at.
            if (!isDecimal && random.Chance(0.5)) for (int i = 1; i < count; i++) numbers[i] = Vary(random, numbers[0]);
            if (numbers.Distinct().Count() == count) return new(kind, numbers);
        }
    }

    protected override string Key(Comparands content) => string.Join(' ', content.Numbers.Order().Select(Write));

    protected override WordingSet Wordings(Comparands content) => content.Kind switch
    {
        ComparisonKind.Larger => s_larger,
        ComparisonKind.Smaller => s_smaller,
        ComparisonKind.Sign => s_sign,
        _ => s_isLarger,
    };

    protected override Slots SlotsOf(Comparands content, Random random)
    {
        string[] written = [.. content.Numbers.Select(Write)];
        string start = string.Join(", ", written[..^1]);
        return new() { { "a", written[0] }, { "b", written[1] }, { "either", $"{start} or {written[^1]}" }, { "list", $"{start} and {written[^1]}" }, { "comma", string.Join(", ", written) } };
    }

    protected override string Answer(Comparands content) => content.Kind switch
    {
        ComparisonKind.Larger => Write(content.Numbers.Max()),
        ComparisonKind.Smaller => Write(content.Numbers.Min()),
        ComparisonKind.Sign => content.Numbers[0] < content.Numbers[1] ? "<" : ">",
        _ => content.Numbers[0] > content.Numbers[1] ? "yes" : "no",
    };

    protected override bool Accepts(Comparands content, string answer) => content.Kind switch
    {
        ComparisonKind.Larger or ComparisonKind.Smaller => AnswerText.AreEqual(AnswerForm.Number, Answer(content), answer),
        ComparisonKind.Sign => Squeeze(answer) is var given && (given == Answer(content) || given == Squeeze(Statement(content))),
        _ => AnswerText.AreEqual(AnswerForm.Text, Answer(content), answer.TrimEnd('.', '!')),
    };

    protected override string Think(Comparands content)
    {
        List<string> lines = [];
        decimal best = content.Numbers[0];
        foreach (decimal other in content.Numbers[1..])
        {
            lines.Add(Compare(best, other));
            best = content.Kind == ComparisonKind.Smaller ? Math.Min(best, other) : Math.Max(best, other);
        }

        return string.Join('\n', lines);
    }

    protected override string Reason(Comparands content) => $"Because {string.Join('<', content.Numbers.Order().Select(Write))}.";

    /// <summary>Lengths before the point first, then digit by digit: "457 463: 4=4 5&lt;6, 457&lt;463".</summary>
    private static string Compare(decimal left, decimal right)
    {
        string result = $"{Write(left)}{(left < right ? '<' : '>')}{Write(right)}";
        string[] a = Write(left).Split('.'), b = Write(right).Split('.');
        if (a[0].Length != b[0].Length) return $"{Write(left)} {Write(right)}: {a[0].Length} and {b[0].Length} digits, {result}";
        int length = Math.Max(a is [_, var fraction] ? fraction.Length : 0, b is [_, var other] ? other.Length : 0);
        string first = a[0] + (a is [_, var more] ? more : "").PadRight(length, '0'), second = b[0] + (b is [_, var rest] ? rest : "").PadRight(length, '0');
        int different = 0;
        while (first[different] == second[different]) different++;
        IEnumerable<string> steps = Enumerable.Range(0, different + 1).Select(i => $"{first[i]}{(first[i] == second[i] ? '=' : first[i] < second[i] ? '<' : '>')}{second[i]}");
        return $"{first} {second}: {string.Join(' ', steps)}, {result}";
    }

    private static decimal DecimalNumber(Random random, bool outOfRange)
    {
        long whole = outOfRange ? random.Between(100, 9999) : random.Between(0, 20);
        return random.Chance(0.5) ? whole + (random.Between(1, 9) / 10m) : whole + (random.Between(1, 99) / 100m);
    }

    private static decimal Vary(Random random, decimal number)
    {
        char[] digits = Write(number).ToCharArray();
        for (int i = random.Next(digits.Length); i < digits.Length; i++) digits[i] = (char)('0' + random.Next(i == 0 ? 1 : 0, 10));
        return decimal.Parse(digits, CultureInfo.InvariantCulture);
    }

    private static string Statement(Comparands content) =>
        $"{Write(content.Numbers[0])}{(content.Numbers[0] < content.Numbers[1] ? '<' : '>')}{Write(content.Numbers[1])}";

    private static string Squeeze(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private static string Write(decimal number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
