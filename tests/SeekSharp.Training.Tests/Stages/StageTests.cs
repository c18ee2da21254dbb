using SeekSharp.Tests.Formats;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Stages;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Tests.Stages;

public sealed class StageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_users_problems_work_in_every_stage()
    {
        string problems = _folder.Write("capitals.jsonl", string.Concat(Enumerable.Range(0, 24).Select(i => $$"""{"prompt": "City {{i}}?", "answer": "A", "thought": "t"}""" + "\n")));
        string tasks = $$"""{ "{{problems.Replace("\\", "/", StringComparison.Ordinal)}}": 1 }""";
        string run = Run(
            """{ "stage": "tokenizer", "vocabulary": 512, "examples": 200 }""",
            $$"""{ "stage": "sft", "model": { "size": "xs", "context": 256 }, "tasks": {{tasks}}, "steps": 40, "learning_rate": 1e-2, "warm_up_steps": 2, "batch_tokens": 512 }""",
            $$"""{ "stage": "grpo", "tasks": {{tasks}}, "steps": 1, "prompts": 2, "group": 2, "max_tokens": 16 }""",
            $$"""{ "stage": "sample", "tasks": {{tasks}}, "problems": 8, "samples": 2, "max_tokens": 16 }""",
            $$"""{ "stage": "sft", "name": "polish", "tasks": {{tasks}}, "samples": ["sample"], "sample_share": 1, "steps": 2, "batch_tokens": 512 }""",
            $$"""{ "stage": "eval", "tasks": {{tasks}}, "problems": 4, "max_tokens": 16 }""");
        // What was learned by heart is known: the whole way from text to grade holds.
        Assert.Contains("\"pass_at_1\": 1,", File.ReadAllText(Path.Combine(run, "eval", "report.json")), StringComparison.Ordinal);
        Assert.NotEmpty(SampleFile.Read(Path.Combine(run, "sample", "samples.jsonl")));
    }

    [Fact]
    public void A_student_learns_from_a_teachers_replies_and_distributions()
    {
        const string tasks = """{ "boolean-logic": 1 }""";
        string run = Run(
            """{ "stage": "tokenizer", "vocabulary": 512, "examples": 200 }""",
            $$"""{ "stage": "sft", "name": "teacher", "model": { "size": "xs", "context": 512 }, "tasks": {{tasks}}, "steps": 80, "learning_rate": 1e-2, "warm_up_steps": 5, "batch_tokens": 1024 }""",
            $$"""
            { "stage": "distill", "teacher": "teacher", "model": { "size": "xs", "context": 512, "dense": true }, "tasks": {{tasks}}, "logit_weight": 0.5,
              "sampling": { "problems": 64, "samples": 2, "max_tokens": 64 }, "steps": 30, "learning_rate": 1e-2, "warm_up_steps": 2, "batch_tokens": 512 }
            """);
        List<Metrics> metrics = MetricsFile.Read(Path.Combine(run, "distill", "metrics.jsonl"));
        Assert.True(metrics[^1].Find("loss") < 0.7 * metrics[0].Find("loss"));
        Assert.True(metrics[^1].Find("distribution_loss") < 0.8 * metrics[0].Find("distribution_loss"));
    }

    [Fact]
    public void Minutes_end_a_stage_and_its_rate_falls_to_zero()
    {
        StageBudget budget = new(new SftRecipe { Minutes = 10, LearningRate = 1, WarmUpSteps = 10, ConstantShare = 0.5 });
        Assert.Equal(0.25, budget.Fraction(1000, TimeSpan.FromMinutes(2.5)));
        Assert.Equal(0.1, budget.LearningRate(0, 0.25), 1e-9);
        Assert.Equal(1, budget.LearningRate(10, 0.25), 1e-9);
        Assert.Equal(0.5, budget.LearningRate(10, 0.75), 1e-9);
        Assert.Equal(1, budget.Fraction(0, TimeSpan.FromMinutes(11)));
        Assert.Equal(0, budget.LearningRate(10, 1), 1e-9);
        Assert.Equal(TimeSpan.FromMinutes(7.5), StageBudget.Left(0.25, TimeSpan.FromMinutes(2.5)));
    }

    [Fact]
    public void Tasks_of_middling_accuracy_are_drawn_most()
    {
        (ITask, double)[] parts = [(TaskCatalog.Find("addition"), 1), (TaskCatalog.Find("countdown"), 1), (TaskCatalog.Find("sorting"), 1)];
        TaskChoice choice = new(parts, isAdaptive: true, new Dictionary<string, string>());
        for (int i = 0; i < 200; i++)
        {
            choice.Learn("addition", 1);
            choice.Learn("countdown", 0);
            choice.Learn("sorting", i % 2);
        }

        TaskChoice restored = new(parts, isAdaptive: true, choice.State);
        Random one = new(1), other = new(1);
        string[] drawn = [.. Enumerable.Range(0, 500).Select(_ => choice.Draw(one).Name)];
        Assert.InRange(drawn.Count(name => name == "sorting"), 400, 470); // 0.27 of 0.31
        Assert.Equal(drawn, Enumerable.Range(0, 500).Select(_ => restored.Draw(other).Name));
    }

    public void Dispose() => _folder.Dispose();

    private string Run(params string[] stages)
    {
        string run = Path.Combine(_folder.Path, "run");
        using QuietReporter reporter = new();
        StageRunner.Run(Recipe.Parse("test", $"{{ \"stages\": [ {string.Join(", ", stages)} ] }}"), run, null, resumes: false, reporter, reporter.Token);
        return run;
    }
}
