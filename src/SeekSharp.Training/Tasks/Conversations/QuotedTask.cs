namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>Another task's question in other surroundings: it is solved and judged as that task says.</summary>
/// <param name="Task">The other task.</param>
/// <param name="Question">Its question.</param>
internal sealed record Quotation(ITask Task, Problem Question);

/// <summary>Base of tasks that put other tasks' questions into other surroundings.</summary>
internal abstract class QuotedTask : ITask
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Split> Splits { get; } = [Split.Train, Split.Test];

    /// <inheritdoc/>
    public Problem Generate(Random random, Split split)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (split == Split.OutOfRange) throw new ArgumentException($"The task '{Name}' has no problems of the part {split}.", nameof(split));
        ITask task = DrawTask(random);
        Problem question = task.Generate(random, split);
        return Surround(
            new Problem<Quotation>(new Quotation(task, question))
            {
                Task = Name,
                Messages = question.Messages,
                Answer = question.Answer,
                Form = question.Form,
                Key = $"{question.Task} {question.Key}",
                Split = split,
                HasHeldOutWording = question.HasHeldOutWording,
                Reason = question.Reason,
            },
            random);
    }

    /// <inheritdoc/>
    public Demonstration Demonstrate(Problem problem, Random random)
    {
        (ITask task, Problem question) = ContentOf(problem);
        return task.Demonstrate(question, random);
    }

    /// <inheritdoc/>
    public bool Verify(Problem problem, string answer)
    {
        (ITask task, Problem question) = ContentOf(problem);
        return task.Verify(question, answer);
    }

    /// <summary>Draws the task that is quoted.</summary>
    protected abstract ITask DrawTask(Random random);

    /// <summary>Puts the question into its surroundings.</summary>
    protected abstract Problem Surround(Problem<Quotation> problem, Random random);

    private Quotation ContentOf(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem is Problem<Quotation> own && problem.Task == Name) return own.Content;
        throw new ArgumentException($"The problem is one of '{problem.Task}', not of '{Name}'.", nameof(problem));
    }
}
