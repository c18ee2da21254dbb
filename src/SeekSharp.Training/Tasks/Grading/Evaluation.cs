namespace SeekSharp.Training.Tasks.Grading;

/// <summary>What the samples of one problem came to.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Split">Part of the problem.</param>
/// <param name="HasHeldOutWording">Whether it was asked in words that were not learned.</param>
/// <param name="Samples">Replies that were drawn.</param>
/// <param name="Strict">How many of them were right by <see cref="AnswerExtractor.Strict"/>.</param>
/// <param name="Lenient">How many were right by <see cref="AnswerExtractor.Lenient"/> or strictly.</param>
public sealed record ProblemGrade(string Task, Split Split, bool HasHeldOutWording, int Samples, int Strict, int Lenient);

/// <summary>One row of a report: the problems of a task, or all of a part.</summary>
/// <param name="Name">Name of the task, or "mean" (of the tasks, each counting the same).</param>
/// <param name="Split">The part.</param>
/// <param name="Problems">Number of problems.</param>
/// <param name="Strict">pass@1, strict.</param>
/// <param name="Interval">95% interval of it.</param>
/// <param name="Lenient">pass@1, lenient.</param>
/// <param name="AtK">pass@k, strict; null where fewer samples were drawn.</param>
public sealed record EvaluationRow(string Name, Split Split, int Problems, double Strict, ConfidenceInterval Interval, double Lenient, double? AtK);

/// <summary>Grades replies and sums them up. Pure: no model, no files.</summary>
public static class Evaluation
{
    /// <summary>Name of the row that is the mean of all tasks of a part.</summary>
    public const string Mean = "mean";

    /// <summary>Grades the replies to one problem.</summary>
    /// <param name="task">The problem's task.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="replies">Replies with thoughts, at least one; the opening tag may stand in the prompt.</param>
    /// <returns>The grade.</returns>
    public static ProblemGrade Grade(ITask task, Problem problem, IReadOnlyList<string> replies)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(replies);
        ArgumentOutOfRangeException.ThrowIfZero(replies.Count, nameof(replies));
        int strict = 0, lenient = 0;
        foreach (string reply in replies)
        {
            bool isRight = IsRight(task, problem, reply);
            if (isRight) strict++;
            if (isRight || task.Verify(problem, AnswerExtractor.Lenient(reply, problem.Form))) lenient++;
        }

        return new(problem.Task, problem.Split, problem.HasHeldOutWording, replies.Count, strict, lenient);
    }

    /// <summary>Whether a reply is right, strictly: the reward of reinforcement learning.</summary>
    /// <param name="task">The problem's task.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="reply">The reply with thoughts.</param>
    /// <returns>Whether the format is kept and the answer right.</returns>
    public static bool IsRight(ITask task, Problem problem, string reply)
    {
        ArgumentNullException.ThrowIfNull(task);
        return AnswerExtractor.TrySplit(reply, out _, out string answer) && answer.Length > 0 && task.Verify(problem, answer);
    }

    /// <summary>Sums grades up: a row per task and part, in order of first appearance, and the mean of each part behind its tasks.</summary>
    /// <param name="grades">The grades.</param>
    /// <param name="k">The k of pass@k.</param>
    /// <returns>The rows.</returns>
    public static IReadOnlyList<EvaluationRow> Summarize(IEnumerable<ProblemGrade> grades, int k)
    {
        ArgumentNullException.ThrowIfNull(grades);
        List<EvaluationRow> rows = [];
        foreach (IGrouping<Split, ProblemGrade> part in grades.GroupBy(grade => grade.Split))
        {
            List<EvaluationRow> tasks = [.. part.GroupBy(grade => grade.Task).Select(task => Row(task.Key, part.Key, [.. task], k))];
            rows.AddRange(tasks);
            rows.Add(MeanOf(part.Key, tasks));
        }

        return rows;
    }

    private static EvaluationRow Row(string name, Split split, List<ProblemGrade> grades, int k)
    {
        double strict = grades.Average(grade => PassAtK.Estimate(grade.Samples, grade.Strict, 1));
        double lenient = grades.Average(grade => PassAtK.Estimate(grade.Samples, grade.Lenient, 1));
        double? atK = grades.All(grade => grade.Samples >= k) ? grades.Average(grade => PassAtK.Estimate(grade.Samples, grade.Strict, k)) : null;
        // Samples of one problem are not independent: the interval counts problems.
        return new(name, split, grades.Count, strict, ConfidenceInterval.Wilson(strict, grades.Count), lenient, atK);
    }

    private static EvaluationRow MeanOf(Split split, List<EvaluationRow> tasks)
    {
        int problems = tasks.Sum(row => row.Problems);
        double strict = tasks.Average(row => row.Strict);
        double? atK = tasks.TrueForAll(row => row.AtK is not null) ? tasks.Average(row => row.AtK!.Value) : null;
        return new(Mean, split, problems, strict, ConfidenceInterval.Wilson(strict, problems), tasks.Average(row => row.Lenient), atK);
    }
}
