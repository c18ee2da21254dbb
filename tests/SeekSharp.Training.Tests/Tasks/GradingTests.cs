using SeekSharp.Training.Tasks;
using SeekSharp.Training.Tasks.Grading;

namespace SeekSharp.Training.Tests.Tasks;

public sealed class GradingTests
{
    // By hand: 1 - C(n-c,k)/C(n,k).
    [Theory]
    [InlineData(10, 3, 1, 0.3)]
    [InlineData(4, 2, 2, 1 - (1.0 / 6))]
    [InlineData(5, 1, 3, 0.6)]
    [InlineData(8, 0, 8, 0)]
    [InlineData(8, 1, 8, 1)]
    [InlineData(8, 8, 1, 1)]
    [InlineData(200, 100, 2, 1 - (100.0 * 99 / (200 * 199)))]
    public void Pass_at_k_counts_subsets(int samples, int correct, int k, double expected) => Assert.Equal(expected, PassAtK.Estimate(samples, correct, k), 12);

    [Fact]
    public void Pass_at_k_refuses_what_cannot_be()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PassAtK.Estimate(4, 5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PassAtK.Estimate(4, 1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => PassAtK.Estimate(0, 0, 1));
    }

    // From the formula with z = 1.959964: 8 of 10 is the textbooks' 0.4902 to 0.9433; 0 of 10 ends at z²/(n+z²) = 3.8415/13.8415.
    [Theory]
    [InlineData(8, 10, 0.49016, 0.94332)]
    [InlineData(0, 10, 0, 0.27753)]
    [InlineData(10, 10, 0.72247, 1)]
    [InlineData(50, 100, 0.40383, 0.59617)]
    [InlineData(0, 0, 0, 1)]
    public void Wilson_intervals_are_the_textbooks(int successes, int trials, double low, double high)
    {
        ConfidenceInterval interval = ConfidenceInterval.Wilson(successes, trials);
        Assert.Equal(low, interval.Low, 5);
        Assert.Equal(high, interval.High, 5);
    }

    [Fact]
    public void Replies_are_graded_strictly_and_leniently()
    {
        ITask task = TaskCatalog.Find("addition");
        Problem problem = task.Generate(new Random(3), Split.Train);
        string right = problem.Answer;
        ProblemGrade grade = Evaluation.Grade(task, problem, [$"steps</think>{right}", $"steps</think>The answer is {right}.", "steps</think>no", $"{right} and never closed<think>"]);
        Assert.Equal((4, 1, 3), (grade.Samples, grade.Strict, grade.Lenient));
    }

    [Fact]
    public void Rows_are_means_of_problems_and_of_tasks()
    {
        IReadOnlyList<EvaluationRow> rows = Evaluation.Summarize(
            [new("a", Split.Test, false, 4, 2, 3), new("a", Split.Test, true, 4, 4, 4), new("b", Split.Test, false, 4, 0, 1), new("a", Split.OutOfRange, false, 1, 1, 1)], k: 2);
        Assert.Equal(["a", "b", "mean", "a", "mean"], rows.Select(row => row.Name));
        Assert.Equal(0.75, rows[0].Strict, 12);
        Assert.Equal(0.875, rows[0].Lenient, 12);
        Assert.Equal((1 - (1.0 / 6) + 1) / 2, rows[0].AtK!.Value, 12);
        Assert.Equal(0.375, rows[2].Strict, 12);
        Assert.Equal(3, rows[2].Problems);
        Assert.Null(rows[3].AtK);
    }
}
