using System.Diagnostics;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;
using SeekSharp.Training.Stages;

namespace SeekSharp.Training.Tests.Stages;

/// <summary>A run that was interrupted ends as one that was not: the same losses, the same weights, bit for bit.</summary>
public sealed class ResumeTests : IDisposable
{
    private const string Tokenizer = """{ "stage": "tokenizer", "vocabulary": 512, "examples": 200 }""";

    private const string FineTuning = """
        { "stage": "sft", "model": { "size": "xs", "context": 512 }, "tasks": { "comparison": 1, "boolean-logic": 1 },
          "steps": 60, "warm_up_steps": 5, "learning_rate": 1e-2, "batch_tokens": 512, "checkpoint_minutes": CHECKPOINT }
        """;

    private const string Reinforcement = """
        { "stage": "grpo", "tasks": { "boolean-logic": 1, "comparison": 1 }, "steps": 4, "learning_rate": 1e-3, "precision": "Float32", "warm_up_steps": 2,
          "prompts": 6, "group": 4, "max_tokens": 48, "minibatches": 2, "format_reward": 0.2 }
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Training_that_was_stopped_goes_on_exactly()
    {
        Recipe recipe = Parse(Tokenizer, FineTuning.Replace("CHECKPOINT", "1000", StringComparison.Ordinal), Reinforcement);
        string whole = Path.Combine(_folder.Path, "whole"), parts = Path.Combine(_folder.Path, "parts");
        using (QuietReporter reporter = new()) StageRunner.Run(recipe, whole, null, resumes: false, reporter, reporter.Token);
        // 23 steps, then 30, then the rest and 2 of reinforcement, then the rest.
        foreach (int stop in new[] { 23, 30, 9 })
        {
            using QuietReporter reporter = new(stop);
            Assert.Throws<OperationCanceledException>(() => StageRunner.Run(recipe, parts, null, resumes: true, reporter, reporter.Token));
        }

        using (QuietReporter reporter = new())
        {
            StageRunner.Run(recipe, parts, null, resumes: true, reporter, reporter.Token);
            Assert.Contains("grpo: goes on from step 2.", reporter.Told);
        }

        RequireSame(whole, parts, "sft", "loss", 60);
        RequireSame(whole, parts, "grpo", "reward", 4);
        RequireSame(whole, parts, "grpo", "gradient_norm", 4);
    }

    [Fact]
    public void A_killed_process_loses_what_came_behind_the_last_checkpoint_and_nothing_else()
    {
        string recipe = _folder.Write("recipe.json", $"{{ \"stages\": [ {Tokenizer}, {FineTuning.Replace("CHECKPOINT", "0.005", StringComparison.Ordinal)} ] }}");
        string killed = Path.Combine(_folder.Path, "killed"), whole = Path.Combine(_folder.Path, "undisturbed");
        using (Process process = TrainProcess.Start("run", recipe, "--out", killed))
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (Checkpoint.Latest(Path.Combine(killed, "sft", "checkpoints")) is null && !process.HasExited && watch.Elapsed < TimeSpan.FromSeconds(60)) Thread.Sleep(5);
            process.Kill();
            process.WaitForExit();
        }

        string checkpoint = Checkpoint.Latest(Path.Combine(killed, "sft", "checkpoints"))!;
        Assert.NotNull(checkpoint);
        Assert.False(new StageFolder(Path.Combine(killed, "sft")).IsDone, "The process ended before it was killed.");
        (int code, _, string error) = TrainProcess.Run("run", recipe, "--out", killed, "--resume");
        Assert.True(code == 0, error);
        Assert.Contains("sft: goes on from step ", error, StringComparison.Ordinal);
        (code, _, error) = TrainProcess.Run("run", recipe, "--out", whole);
        Assert.True(code == 0, error);
        RequireSame(whole, killed, "sft", "loss", 60);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_ends_a_stage_with_a_checkpoint(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no kill.");
        string recipe = _folder.Write("recipe.json", $"{{ \"stages\": [ {Tokenizer}, {FineTuning.Replace("CHECKPOINT", "1000", StringComparison.Ordinal).Replace("60", "100000", StringComparison.Ordinal)} ] }}");
        StageFolder folder = new(Path.Combine(_folder.Path, "run", "sft"));
        using Process process = TrainProcess.Start("run", recipe, "--out", Path.Combine(_folder.Path, "run"));
        Stopwatch watch = Stopwatch.StartNew();
        while (MetricsFile.Read(folder.MetricsFile).Count == 0 && watch.Elapsed < TimeSpan.FromSeconds(60)) Thread.Sleep(50);
        using (Process kill = Process.Start("sh", ["-c", $"kill -{signal} {process.Id}"])) kill.WaitForExit();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(130, process.ExitCode);
        Assert.Equal(Checkpoint.PathOf(folder.Checkpoints, MetricsFile.Read(folder.MetricsFile)[^1].Step), Checkpoint.Latest(folder.Checkpoints));
    }

    [Fact]
    public void Other_settings_do_not_go_on_with_a_run()
    {
        string run = Path.Combine(_folder.Path, "other");
        using QuietReporter reporter = new();
        StageRunner.Run(Parse(Tokenizer), run, null, resumes: false, reporter, reporter.Token);
        RecipeException exception = Assert.Throws<RecipeException>(
            () => StageRunner.Run(Parse(Tokenizer.Replace("200", "300", StringComparison.Ordinal)), run, null, resumes: true, reporter, reporter.Token));
        Assert.Contains("begun with other settings", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static Recipe Parse(params string[] stages) => Recipe.Parse("test", $"{{ \"stages\": [ {string.Join(", ", stages)} ] }}");

    private static void RequireSame(string expected, string actual, string stage, string metric, int steps)
    {
        double?[] one = Curve(expected, stage, metric), other = Curve(actual, stage, metric);
        Assert.Equal(steps, one.Length);
        Assert.Equal(one, other);
        Assert.Equal(File.ReadAllBytes(Weights(expected, stage)), File.ReadAllBytes(Weights(actual, stage)));
    }

    private static double?[] Curve(string run, string stage, string metric) =>
        [.. MetricsFile.Read(Path.Combine(run, stage, "metrics.jsonl")).Select(metrics => metrics.Find(metric))];

    private static string Weights(string run, string stage) => Path.Combine(run, stage, "model", "model.safetensors");
}
