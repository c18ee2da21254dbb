using System.Globalization;
using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>A number to be written in another base; one of the two bases is ten.</summary>
internal readonly record struct Conversion(long Number, int From, int To);

/// <summary>Binary, octal and hexadecimal to 127, 255 and 255, both ways; out of range to 1023, 4095 and 4095.</summary>
internal sealed class BaseConversion : TaskFamily<Conversion>
{
    private static readonly WordingSet s_fromTen = new(
        [
            "What is {n} in {base}?", "!Convert {n} to {base}.", "!Write {n} in {base}.", "{n} in {base}",
            "!Convert the decimal number {n} to {base}.", "{n} to {base}", "What is {n} written in {base}?",
            "How do you write {n} in {base}?", "!Express {n} in {base}.", "!Turn {n} into {base}.", "!Change {n} from decimal to {base}.",
            "decimal {n} to {base}", "{n} as {one} number",
            "What is the {base} form of {n}?", "!Translate {n} into {base}.", "!Give me {n} in {base}.", "!Write {n} as {one} number.",
            "!Convert {n} to base {radix}.", "What is {n} in base {radix}?", "{n} in base {radix}",
        ],
        [
            "How does {n} look in {base}?", "!Show the number {n} in base {radix}.", "What is the base {radix} representation of {n}?",
            "!Represent {n} in {base}.",
        ]);

    private static readonly WordingSet s_toTen = new(
        [
            "What is {base} {n} in decimal?", "!Convert {n} from {base} to decimal.", "!Write the {base} number {n} in decimal.",
            "{base} {n} to decimal", "!Convert the {base} number {n} to decimal.", "{n} from {base} to decimal",
            "What is the {base} number {n} in decimal?", "Which decimal number is {base} {n}?", "!Turn {base} {n} into decimal.",
            "What is the decimal value of {base} {n}?", "!Translate {base} {n} into a decimal number.",
            "How much is {n} in {base}, as a decimal number?", "!Give me the decimal form of {base} {n}.",
            "!Convert {n} from base {radix} to base 10.", "What is {n} in base {radix} as a decimal number?",
            "{n} in base {radix} is what in decimal?",
        ],
        ["!Read {n} as {one} number and tell me its value.", "Which number does {base} {n} stand for?", "The {base} number {n} is what in base 10?"]);

    public override string Name => "base-conversion";

    protected override AnswerForm Form => AnswerForm.Text;

    protected override Conversion Draw(Random random, bool outOfRange)
    {
        int radix = random.Pick([2, 2, 2, 8, 16, 16]);
        long number = (radix, outOfRange) switch
        {
            (2, false) => random.Between(1, 127),
            (2, true) => random.Between(128, 1023),
            (_, false) => random.Between(1, 255),
            _ => random.Between(256, 4095),
        };
        return random.Chance(0.5) ? new(number, 10, radix) : new(number, radix, 10);
    }

    protected override string Key(Conversion content) => $"{content.Number} {content.From} {content.To}";

    protected override WordingSet Wordings(Conversion content) => content.From == 10 ? s_fromTen : s_toTen;

    protected override Slots SlotsOf(Conversion content, Random random)
    {
        int radix = content.From == 10 ? content.To : content.From;
        string name = radix switch { 2 => "binary", 8 => "octal", _ => random.Chance(0.7) ? "hexadecimal" : "hex" };
        string digits = Write(content.Number, content.From);
        return new() { { "n", random.Chance(0.2) ? digits.ToUpperInvariant() : digits }, { "base", name }, { "one", (radix == 8 ? "an " : "a ") + name }, { "radix", radix } };
    }

    protected override string Answer(Conversion content) => Write(content.Number, content.To);

    /// <summary>A prefix ("0b", "0o", "0x") may stand before the digits.</summary>
    protected override bool Accepts(Conversion content, string answer)
    {
        string prefix = content.To switch { 2 => "0b", 8 => "0o", 16 => "0x", _ => "" };
        string digits = prefix.Length > 0 && answer.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? answer[2..] : answer;
        return string.Equals(digits, Answer(content), StringComparison.OrdinalIgnoreCase);
    }

    protected override string Think(Conversion content) => content.From == 10 ? FromTen(content.Number, content.To) : ToTen(content);

    /// <summary>Remainders, the last digit first: "6=2*3+0 (0)", "3=2*1+1 (10)", "1=2*0+1 (110)".</summary>
    private static string FromTen(long number, int radix)
    {
        var working = new Working();
        string written = "";
        do
        {
            (long quotient, long remainder) = radix == 2 ? Math.DivRem(number, 2) : working.Divide(number, radix);
            written = Digit(remainder) + written;
            string equation = radix == 2 ? $"{number}=2*{quotient}+{remainder} " : remainder > 9 ? $"{remainder} is {Digit(remainder)} " : "";
            working.Line($"{equation}({written})");
            number = quotient;
        }
        while (number > 0);
        return working.Text;
    }

    /// <summary>From the first digit on: times the base, plus the digit.</summary>
    private static string ToTen(Conversion content)
    {
        var working = new Working();
        long value = 0;
        foreach (char digit in Write(content.Number, content.From))
        {
            long added = digit <= '9' ? digit - '0' : digit - 'a' + 10;
            string name = digit > '9' ? $"{digit} is {added}, " : "";
            if (value == 0) working.Line($"{name}{added}");
            else if (content.From == 2 || value <= 12)
            {
                working.Line($"{name}{value}*{content.From}+{added}={(value * content.From)}+{added}={(value * content.From) + added}");
            }
            else
            {
                if (name.Length > 0) working.Line(name.TrimEnd(' ', ','));
                working.Add(working.Multiply(value, content.From), added);
            }

            value = (value * content.From) + added;
        }

        return working.Text;
    }

    private static string Write(long number, int radix) => radix switch
    {
        10 => number.ToString(CultureInfo.InvariantCulture),
        16 => number.ToString("x", CultureInfo.InvariantCulture),
        _ => Convert.ToString(number, radix),
    };

    private static string Digit(long value) => value < 10 ? $"{value}" : $"{(char)('a' + value - 10)}";
}
