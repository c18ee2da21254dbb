using System.Text;
using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Conversations;

namespace SeekSharp.Training.Text;

/// <summary>
/// The documents of pre-training: plain text of the kinds that the tasks are made of. A document depends on its seed and number alone. Nothing in it
/// comes from
/// problems for tests.
/// </summary>
internal sealed class CorpusGenerator(long seed)
{
    private const int Purpose = 2;

    private static readonly string[] s_months =
    [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ];
    private static readonly int[] s_lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    private static readonly string[] s_days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    private static readonly ITask[] s_dialogueTasks = [new SmallTalk(), new Introductions(), new OutsideQuestions(), new HereAndNow()];

    /// <summary>One document.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <returns>A few lines.</returns>
    public string Document(long number)
    {
        Random random = Seeds.At(seed, number, Purpose);
        return random.NextDouble() switch
        {
            < 0.45 => Example(random),
            < 0.60 => Dialogue(random),
            < 0.72 => Table(random),
            < 0.84 => Spelling(random),
            < 0.92 => Counting(random),
            _ => Calendar(random),
        };
    }

    /// <summary>A question, how it is worked out, and the answer.</summary>
    private static string Example(Random random)
    {
        ITask task = random.Pick(TaskCatalog.Families);
        Problem problem = task.Generate(random, Split.Train);
        return $"{problem.Prompt}\n{task.Demonstrate(problem, random).Thought}\n{problem.Answer}";
    }

    /// <summary>Several questions and answers, without the way to them.</summary>
    private static string Dialogue(Random random)
    {
        var text = new StringBuilder();
        int turns = random.Next(2, 5);
        for (int i = 0; i < turns; i++)
        {
            Problem problem = random.Pick(random.Chance(0.5) ? s_dialogueTasks : TaskCatalog.Families).Generate(random, Split.Train);
            text.Append(i == 0 ? "" : "\n").Append(problem.Prompt).Append('\n').Append(problem.Answer);
        }

        return text.ToString();
    }

    /// <summary>Facts about digits and small numbers, the ones that written calculations are made of.</summary>
    private static string Table(Random random)
    {
        long fixedNumber = random.Between(0, 12);
        char sign = random.Pick("+-*/".ToCharArray());
        List<string> lines = [];
        for (long i = 1; i <= 10; i++)
        {
            lines.Add(sign switch
            {
                '+' => $"{i}+{fixedNumber}={i + fixedNumber}",
                '-' => $"{i + fixedNumber}-{fixedNumber}={i}",
                '*' => $"{i}*{fixedNumber}={i * fixedNumber}",
                _ =>
                    $"{(i * Math.Max(fixedNumber, 2)) + (i % Math.Max(fixedNumber, 2))}={Math.Max(fixedNumber, 2)}*{i}+{i % Math.Max(fixedNumber, 2)}",
            });
        }

        if (random.Chance(0.5))
        {
            string[] shuffled = [.. lines];
            random.Shuffle(shuffled);
            lines = [.. shuffled];
        }

        return string.Join('\n', lines);
    }

    private static string Spelling(Random random)
    {
        List<string> lines = [];
        int words = random.Next(3, 7);
        for (int i = 0; i < words; i++)
        {
            string word = WordList.Draw(random, 3, 11);
            lines.Add(random.Next(3) switch
            {
                0 => $"{word}: {string.Join(' ', word.AsEnumerable())}",
                1 => $"letters: {string.Join(' ', word.Select((letter, at) => $"{letter}{at + 1}"))}",
                _ => $"{word} has {word.Length} letters and starts with {word[0]}",
            });
        }

        return string.Join('\n', lines);
    }

    private static string Counting(Random random)
    {
        long start = random.Digits(1, 3), step = random.Pick([1L, 1, 2, 3, 5, 10]);
        if (random.Chance(0.5)) return string.Join(' ', Enumerable.Range(0, 15).Select(i => start + (i * step)));
        long number = random.Between(0, 89);
        return string.Join('\n', Enumerable.Range(0, 8).Select(i => $"{number + i} {NumberWords.Write(number + i)}"));
    }

    private static string Calendar(Random random)
    {
        int first = random.Next(7);
        if (random.Chance(0.5)) return string.Join(", ", Enumerable.Range(0, 10).Select(i => s_days[(first + i) % 7]));
        int month = random.Next(12);
        return string.Join('\n', Enumerable.Range(0, 6).Select(i => $"{s_months[(month + i) % 12]} has {s_lengths[(month + i) % 12]} days"));
    }
}
