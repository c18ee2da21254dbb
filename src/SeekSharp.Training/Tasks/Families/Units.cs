using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Two units, one of which is several of the other.</summary>
internal sealed record UnitPair(string Large, string LargeShort, string Small, string SmallShort, int Factor)
{
    /// <summary>What one of the large unit is: "1 km=1000 m", "1 day=24 h".</summary>
    public string Fact => $"1 {(LargeShort == Large ? Large.TrimEnd('s') : LargeShort)}={Factor} {SmallShort}";
}

/// <summary>A quantity to convert.</summary>
/// <param name="Units">Index of the pair.</param>
/// <param name="Large">How many of the large unit.</param>
/// <param name="Small">How many of the small unit besides, in mixed quantities.</param>
/// <param name="IsToLarge">Whether the large unit is asked for.</param>
internal readonly record struct Quantity(int Units, long Large, long Small, bool IsToLarge);

/// <summary>Lengths, weights, volumes, times and counts, to 50 of the larger unit; out of range 51 to 999.</summary>
internal sealed class Units : TaskFamily<Quantity>
{
    private static readonly UnitPair[] s_pairs =
    [
        new("kilometres", "km", "metres", "m", 1000), new("metres", "m", "centimetres", "cm", 100), new("centimetres", "cm", "millimetres", "mm", 10),
        new("kilometers", "km", "meters", "m", 1000), new("meters", "m", "centimeters", "cm", 100), new("kilograms", "kg", "grams", "g", 1000), new("tonnes", "t", "kilograms", "kg", 1000),
        new("litres", "l", "millilitres", "ml", 1000), new("liters", "l", "milliliters", "ml", 1000), new("hours", "h", "minutes", "min", 60), new("minutes", "min", "seconds", "s", 60),
        new("days", "days", "hours", "h", 24), new("weeks", "weeks", "days", "days", 7), new("years", "years", "months", "months", 12), new("feet", "ft", "inches", "in", 12),
        new("yards", "yd", "feet", "ft", 3), new("dozen", "dozen", "pieces", "pieces", 12), new("dollars", "dollars", "cents", "cents", 100), new("euros", "euros", "cents", "cents", 100),
    ];

    private static readonly WordingSet s_whole = new(
        [
            "How many {to} are {n} {from}?", "How many {to} are in {n} {from}?", "!Convert {n} {from} to {to}.", "{n} {from} in {to}",
            "{n} {f} in {t}", "What is {n} {from} in {to}?", "How many {to} is {n} {from}?",
            "{n} {from} to {to}", "{n} {f} = ? {t}", "{n} {f} to {t}", "!Express {n} {from} in {to}.", "!Write {n} {from} in {to}.",
            "{n} {from} is how many {to}?", "!Change {n} {from} into {to}.", "How many {to} make {n} {from}?",
            "!Tell me how many {to} {n} {from} are.", "!Convert {n} {f} to {t}.", "What is {n} {f} in {t}?", "!Turn {n} {from} into {to}.",
            "How many {to} do {n} {from} have?", "I have {n} {from}. How many {to} is that?",
        ],
        [
            "!Give {n} {from} as {to}.", "{n} {from} equal how many {to}?", "How much is {n} {from}, counted in {to}?",
            "!Work out how many {to} there are in {n} {from}.",
        ]);

    private static readonly WordingSet s_mixed = new(
        [
            "How many {to} are {n} {from} and {m} {to}?", "!Convert {n} {from} and {m} {to} to {to}.", "{n} {f} {m} {t} in {t}",
            "What is {n} {from} and {m} {to} in {to}?", "How many {to} is {n} {f} {m} {t}?",
            "{n} {from} {m} {to} in {to}", "!Express {n} {from} and {m} {to} in {to}.", "!Write {n} {f} {m} {t} in {to}.",
            "{n} {from} and {m} {to} is how many {to}?", "!Convert {n} {f} {m} {t} to {t}.",
            "!Tell me how many {to} {n} {from} and {m} {to} are.", "How many {to} are in {n} {from} and {m} {to}?",
        ],
        [
            "!Give {n} {from} and {m} {to} as {to}.", "{n} {from} plus {m} {to}: how many {to} in all?",
            "How many {to} do I have if I have {n} {from} and {m} {to}?",
        ]);

    public override string Name => "units";

    protected override Quantity Draw(Random random, bool outOfRange)
    {
        int pair = random.Next(s_pairs.Length);
        long large = outOfRange ? random.Between(51, 999) : random.Chance(0.5) ? random.Between(2, 12) : random.Between(2, 50);
        if (random.Chance(0.3)) return new(pair, large, random.Between(2, s_pairs[pair].Factor - 1), false);
        return new(pair, large, 0, random.Chance(0.4));
    }

    protected override string Key(Quantity content)
    {
        UnitPair pair = s_pairs[content.Units];
        return $"{pair.LargeShort} {pair.SmallShort} {content.Large} {content.Small} {content.IsToLarge}";
    }

    protected override WordingSet Wordings(Quantity content) => content.Small > 0 ? s_mixed : s_whole;

    protected override Slots SlotsOf(Quantity content, Random random)
    {
        UnitPair pair = s_pairs[content.Units];
        return content.IsToLarge
            ? new() { { "n", content.Large * pair.Factor }, { "from", pair.Small }, { "f", pair.SmallShort }, { "to", pair.Large }, { "t", pair.LargeShort } }
            : new() { { "n", NumberWords.Either(random, content.Large, 0.15) }, { "m", content.Small }, { "from", pair.Large }, { "f", pair.LargeShort }, { "to", pair.Small }, { "t", pair.SmallShort } };
    }

    protected override string Answer(Quantity content) =>
        content.IsToLarge ? $"{content.Large}" : $"{(content.Large * s_pairs[content.Units].Factor) + content.Small}";

    /// <summary>The unit may be named behind the number.</summary>
    protected override bool Accepts(Quantity content, string answer)
    {
        UnitPair pair = s_pairs[content.Units];
        (string name, string sign) = content.IsToLarge ? (pair.Large, pair.LargeShort) : (pair.Small, pair.SmallShort);
        string[] words = answer.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool hasRightUnit = words.Length == 1 || (words.Length == 2 && (words[1].Equals(name, StringComparison.OrdinalIgnoreCase) || words[1] == sign));
        return hasRightUnit && AnswerText.AreEqual(AnswerForm.Number, Answer(content), words[0]);
    }

    protected override string Think(Quantity content)
    {
        UnitPair pair = s_pairs[content.Units];
        var working = new Working();
        working.Line(pair.Fact);
        if (content.IsToLarge)
        {
            working.DivideExactly(content.Large * pair.Factor, pair.Factor);
            return working.Text;
        }

        long product = working.Multiply(content.Large, pair.Factor);
        if (content.Small > 0) working.Add(product, content.Small);
        return working.Text;
    }

    protected override string Reason(Quantity content) => $"Because {s_pairs[content.Units].Fact}.";
}
