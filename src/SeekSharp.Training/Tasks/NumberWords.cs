namespace SeekSharp.Training.Tasks;

/// <summary>Numbers in English words.</summary>
internal static class NumberWords
{
    private static readonly string[] s_small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] s_tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    /// <summary>Writes a number.</summary>
    /// <param name="number">0 to 99.</param>
    public static string Write(long number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)number, 99ul, nameof(number));
        if (number < 20) return s_small[number];
        return number % 10 == 0 ? s_tens[number / 10] : $"{s_tens[number / 10]}-{s_small[number % 10]}";
    }

    /// <summary>Digits, or words where the number is small enough for people to write it so.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="number">A number.</param>
    /// <param name="share">How often words are chosen where they can be.</param>
    public static string Either(Random random, long number, double share = 0.5) =>
        number is >= 0 and < 100 && random.Chance(share) ? Write(number) : FormattableString.Invariant($"{number}");
}
