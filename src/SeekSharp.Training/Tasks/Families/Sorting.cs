using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>Numbers to sort.</summary>
internal sealed record Unsorted(long[] Numbers, bool IsDescending);

/// <summary>Sorting 3 to 6 numbers below 100, either way; out of range 7 or 8 numbers, or numbers of 3 digits.</summary>
internal sealed class Sorting : TaskFamily<Unsorted>
{
    private static readonly WordingSet s_ascending = new(
        [
            "!Sort {list}.", "!Sort [these|the following|the] numbers: {list}",
            "!Sort {list} [in ascending order|from smallest to largest|ascending|in increasing order].",
            "!Put {list} in [order|ascending order|increasing order].", "!Order {list}.",
            "!Order these [numbers|values] from [smallest to largest|low to high|least to greatest]: {list}",
            "!Arrange {list} [from smallest to largest|in ascending order].", "sort {spaced}", "{list} sorted",
            "What is {list} [in order|sorted|in ascending order]?", "sort: {spaced}", "sort ascending: {list}",
            "!Sort the list [{list}|{bracket}].", "!Sort {bracket} [from low to high|in ascending order|].", "!Bring {list} into order.",
            "Which order do {list} have from smallest to largest?",
            "!Rank {list} from lowest to highest.", "How do you sort {list}?", "!Write {list} in order of size, smallest first.", "{list}: sort them",
        ],
        [
            "!List {list} from the smallest to the biggest.", "What do {list} look like when sorted?", "!Give me {list} in increasing order.",
            "Smallest first: {list}",
        ]);

    private static readonly WordingSet s_descending = new(
        [
            "!Sort {list} [in descending order|from largest to smallest|descending|in decreasing order|backwards].",
            "!Sort [these|the following|the] numbers in descending order: {list}",
            "!Put {list} in [descending|decreasing|reverse] order.",
            "!Order these [numbers|values] from [largest to smallest|high to low|greatest to least]: {list}",
            "!Arrange {list} [from largest to smallest|in descending order].", "sort {spaced} descending", "{list} sorted in descending order",
            "What is {list} in descending order?",
            "sort descending: {list}", "!Sort the list {bracket} in descending order.", "!Sort {bracket} from high to low.",
            "!Rank {list} from highest to lowest.",
            "Which order do {list} have from largest to smallest?", "!Write {list} in order of size, largest first.",
            "{list}: sort them, largest first", "How do you sort {list} in descending order?",
        ],
        [
            "!List {list} from the biggest to the smallest.", "What do {list} look like when sorted from the top down?",
            "!Give me {list} in decreasing order.", "Largest first: {list}",
        ]);

    public override string Name => "sorting";

    protected override AnswerForm Form => AnswerForm.List;

    protected override Unsorted Draw(Random random, bool outOfRange)
    {
        bool isLong = outOfRange && random.Chance(0.5);
        int count = isLong ? random.Next(7, 9) : random.Next(3, 7);
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) numbers[i] = outOfRange && !isLong ? random.Between(100, 999) : random.Digits(1, 2);
        return new(numbers, random.Chance(0.4));
    }

    protected override string Key(Unsorted content) => string.Join(' ', content.Numbers.Order());

    protected override WordingSet Wordings(Unsorted content) => content.IsDescending ? s_descending : s_ascending;

    protected override Slots SlotsOf(Unsorted content, Random random)
    {
        string comma = string.Join(", ", content.Numbers), spaced = string.Join(' ', content.Numbers);
        string and = $"{string.Join(", ", content.Numbers[..^1])} and {content.Numbers[^1]}";
        return new() { { "list", random.Pick([comma, comma, spaced, and, string.Join(',', content.Numbers)]) }, { "spaced", random.Chance(0.5) ? spaced : comma }, { "bracket", $"[{comma}]" } };
    }

    protected override string Answer(Unsorted content) => string.Join(", ", Sorted(content));

    protected override string Think(Unsorted content) => Select(content.Numbers, content.IsDescending);

    protected override string Reason(Unsorted content) => $"Because {string.Join(content.IsDescending ? ">=" : "<=", Sorted(content))}.";

    /// <summary>Takes the next one out of what is left, line by line: "45 12 89: 12", "45 89: 45", "89".</summary>
    internal static string Select(IEnumerable<long> numbers, bool isDescending)
    {
        List<long> left = [.. numbers];
        List<string> lines = [];
        while (left.Count > 1)
        {
            long next = isDescending ? left.Max() : left.Min();
            lines.Add($"{string.Join(' ', left)}: {next}");
            left.Remove(next);
        }

        lines.Add($"{left[0]}");
        return string.Join('\n', lines);
    }

    private static IEnumerable<long> Sorted(Unsorted content) => content.IsDescending ? content.Numbers.OrderDescending() : content.Numbers.Order();
}
