using SeekSharp.Training.Tasks.Wording;

namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>An answered question, followed by "Why?".</summary>
internal sealed record Asked(ITask Task, Problem First);

/// <summary>"Why?" after an answer: the question is worked out again, and the reason is one sentence with the equation that counts.</summary>
internal sealed class Explanations : ConversationFamily<Asked>
{
    private static readonly WordingSet s_wordings = new(
        [
            "Why?", "Why is that[ so|]?", "How do you know[ that|]?", "How did you get [that|this|it]?", "!Explain[ that| it| your answer|].",
            "Can you explain [that|it|your answer]?", "Why is that the answer?", "Are you sure? Why?",
            "How come?", "What is the reason?", "How did you [find|work out|calculate|come to] [that|it|this]?", "!Show me why.", "!Prove it.",
            "I do not understand. Why?", "why", "But why?", "How so?", "!Justify your answer.", "What makes you say that?",
        ],
        ["For what reason?", "!Tell me why that is so.", "On what grounds?", "How is that?"]);

    public override string Name => "explanations";

    protected override bool IsFramed => false;

    protected override Asked Draw(Random random, bool outOfRange) => throw new NotSupportedException();

    protected override Asked Draw(Random random, Split split)
    {
        while (true)
        {
            ITask task = random.Pick(TaskCatalog.Families);
            Problem problem = task.Generate(random, split);
            if (problem.Reason is not null) return new(task, problem);
        }
    }

    protected override string Key(Asked content) => $"{content.Task.Name} {content.First.Key}";

    protected override WordingSet Wordings(Asked content) => s_wordings;

    protected override Slots SlotsOf(Asked content, Random random) => [];

    protected override string Answer(Asked content) => content.First.Reason!;

    protected override bool Accepts(Asked content, string answer) => string.Equals(Answer(content), answer, StringComparison.OrdinalIgnoreCase);

    protected override Demonstration Solve(Asked content, Random random) =>
        new(content.Task.Demonstrate(content.First, random).Thought, Answer(content));

    protected override Problem Arrange(Problem<Asked> problem, Random random)
    {
        Problem first = problem.Content.First;
        return problem with { Messages = [.. first.Messages, new("assistant", first.Answer), .. problem.Messages] };
    }
}
