using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Families;

/// <summary>The numbers of a story.</summary>
/// <param name="Plan">Index into <see cref="WordProblemStories.All"/>.</param>
/// <param name="Numbers">Values of a, b, c, d.</param>
internal sealed record Story(int Plan, long[] Numbers);

/// <summary>Stories with one to three calculations on numbers below 100; out of range up to four times larger.</summary>
internal sealed class WordProblems : TaskFamily<Story>
{
    private static readonly (string Name, bool IsHe)[] s_people =
    [
        ("Tom", true), ("Anna", false), ("Ben", true), ("Mia", false), ("Paul", true), ("Lisa", false), ("Jack", true), ("Emma", false),
        ("Leo", true), ("Sara", false), ("Max", true), ("Lucy", false), ("Omar", true),
        ("Nina", false), ("Sam", true), ("Julia", false), ("David", true), ("Maria", false), ("Peter", true), ("Amy", false), ("John", true),
        ("Kate", false), ("Ali", true), ("Zoe", false), ("Mary", false), ("Bob", true), ("Alice", false),
    ];

    private static readonly string[] s_things =
    [
        "apples", "books", "pencils", "marbles", "coins", "cards", "stickers", "balls", "stamps", "toys", "shells", "candies", "cookies", "eggs",
        "flowers", "oranges", "pens", "stones", "cups", "balloons", "buttons", "sweets", "notebooks", "bananas", "crayons",
    ];

    private static readonly string[] s_fruit =
    [
        "apples", "pears", "plums", "cherries", "oranges", "bananas", "grapes", "berries", "cookies", "nuts", "strawberries", "peaches",
    ];

    public override string Name => "word-problems";

    protected override Story Draw(Random random, bool outOfRange)
    {
        while (true)
        {
            int plan = random.Next(WordProblemStories.All.Count);
            long[] numbers = [.. WordProblemStories.All[plan].Ranges.Select(range =>
                outOfRange ? random.Between(range.Last + 1, 4L * range.Last) : random.Between(range.First, range.Last))];
            var story = new Story(plan, numbers);
            if (TrySolve(story, null, out _)) return story;
        }
    }

    protected override string Key(Story content) => $"{WordProblemStories.All[content.Plan].Steps} {string.Join(' ', content.Numbers)}";

    protected override WordingSet Wordings(Story content) => WordProblemStories.All[content.Plan].Stories;

    protected override Slots SlotsOf(Story content, Random random)
    {
        (string Name, bool IsHe)[] people = random.Sample(s_people, 2);
        string things = random.Pick(s_things), fruit = random.Pick(s_fruit);
        var slots = new Slots
        {
            { "P", people[0].Name }, { "Q", people[1].Name }, { "he", people[0].IsHe ? "he" : "she" }, { "He", people[0].IsHe ? "He" : "She" }, { "things", things }, { "fruit", fruit },
        };
        for (int i = 0; i < content.Numbers.Length; i++) slots.Add($"{(char)('a' + i)}", NumberWords.Either(random, content.Numbers[i], 0.08));
        return slots;
    }

    protected override string Answer(Story content)
    {
        TrySolve(content, null, out long result);
        return $"{result}";
    }

    /// <summary>Each step of the story, worked out.</summary>
    protected override string Think(Story content)
    {
        var working = new Working();
        TrySolve(content, working, out _);
        return working.Text;
    }

    protected override string Reason(Story content)
    {
        List<string> facts = [];
        Solve(content, (left, sign, right, result) => facts.Add($"{left}{sign}{right}={result}"), out _);
        return $"Because {string.Join(" and ", facts)}.";
    }

    private static bool TrySolve(Story story, Working? working, out long result) =>
        Solve(story, (left, sign, right, _) => working?.Calculate(left, sign, right), out result);

    /// <summary>Carries the steps out; refuses negative results and divisions that leave something.</summary>
    private static bool Solve(Story story, Action<long, char, long, long> observe, out long result)
    {
        List<long> results = [];
        foreach (string step in WordProblemStories.All[story.Plan].Steps.Split(';'))
        {
            int at = step.IndexOfAny(['+', '-', '*', '/']);
            (long left, char sign, long right) = (Value(step[..at]), step[at], Value(step[(at + 1)..]));
            result = sign switch { '+' => left + right, '-' => left - right, '*' => left * right, _ => left / right };
            if (result < 0 || (sign == '/' && left % right != 0)) return false;
            observe(left, sign, right, result);
            results.Add(result);
        }

        result = results[^1];
        return true;

        long Value(string reference) => reference[0] switch
        {
            '#' => results[reference[1] - '1'],
            >= 'a' and <= 'd' => story.Numbers[reference[0] - 'a'],
            _ => reference[0] - '0',
        };
    }
}
