using SeekSharp.Training.Tasks.Conversations;
using SeekSharp.Training.Tasks.Families;

namespace SeekSharp.Training.Tasks;

/// <summary>All built-in tasks.</summary>
public static class TaskCatalog
{
    /// <summary>What the model is taught to work out.</summary>
    public static IReadOnlyList<ITask> Families { get; } =
    [
        new Addition(), new Subtraction(), new Multiplication(), new Division(), new Expressions(), new Comparison(), new Sorting(), new Reversal(),
        new LetterCounting(), new WordProblems(), new Countdown(),
        new BaseConversion(), new GreatestCommonDivisor(), new Calendar(), new Clock(), new Units(), new LinearEquations(), new BooleanLogic(),
        new Sequences(),
    ];

    /// <summary>
    /// How the model is taught to behave: to greet, to say what it is, to admit what it does not know, to follow a conversation, to call tools.
    /// </summary>
    public static IReadOnlyList<ITask> Conversations { get; } =
    [
        new SmallTalk(), new Introductions(), new OutsideQuestions(), new HereAndNow(), new FollowUps(), new Explanations(), new NewQuestions(),
        new ToolCalls(), new ToolResults(), new UnneededTools(),
    ];

    /// <summary>Finds a built-in task.</summary>
    /// <param name="name">Its <see cref="ITask.Name"/>.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ITask Find(string name) =>
        Families.Concat(Conversations).FirstOrDefault(task => task.Name == name) ??
        throw new ArgumentException($"There is no task '{name}'; there are {string.Join(", ", Families.Concat(Conversations).Select(task => task.Name))}.", nameof(name));
}
