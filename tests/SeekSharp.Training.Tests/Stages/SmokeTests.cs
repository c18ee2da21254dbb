using System.Text.Json;
using SeekSharp.Inference;
using SeekSharp.Tests.Formats;
using SeekSharp.Training.Runs;

namespace SeekSharp.Training.Tests.Stages;

/// <summary>Every stage in seconds, as a person runs it.</summary>
public sealed class SmokeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_smoke_recipe_makes_a_model_file_that_the_engine_runs()
    {
        string recipe = Path.Combine(RepositoryFolder.Path, "recipes", "smoke.json"), run = Path.Combine(_folder.Path, "run");
        (int code, string output, string error) = TrainProcess.Run("run", recipe, "--out", run);
        Assert.True(code == 0, error);
        Assert.Equal("", output);

        List<Metrics> sft = MetricsFile.Read(Path.Combine(run, "sft", "metrics.jsonl")), grpo = MetricsFile.Read(Path.Combine(run, "grpo", "metrics.jsonl"));
        Assert.True(sft[^1].Find("loss") < 0.5 * sft[0].Find("loss"));
        Assert.Equal(2, grpo.Count);
        // Some replies were right and some wrong, the gradient is there, and engine and trainer agree in float32.
        Assert.True(grpo[0].Find("rollout_accuracy") is > 0 and < 1 && grpo[0].Find("gradient_norm") > 0, MetricsFile.ToJson(grpo[0]));
        Assert.True(grpo[0].Find("engine_gap") < 1e-4, MetricsFile.ToJson(grpo[0]));
        foreach (string file in new[] { "sft/plots/loss.png", "sft/plots/accuracy.png", "sft/samples.md", "grpo/plots/reward.png", "grpo/samples.jsonl", "sample/samples.jsonl", "eval/report.md", "recipe.json" })
            Assert.True(File.Exists(Path.Combine(run, file)), file);
        using (JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "eval", "report.json"))))
            Assert.Equal(4, report.RootElement.GetProperty("rows").GetArrayLength()); // a task and the mean, in and out of range
        Assert.Single(Directory.GetDirectories(Path.Combine(run, "sft", "checkpoints")));
        using (LanguageModel model = LanguageModel.Load(Path.Combine(run, "export", "smoke-Q8_0.gguf"))) Assert.Equal(512, model.Tokenizer.VocabularySize);

        (code, _, error) = TrainProcess.Run("run", recipe, "--out", run);
        Assert.Equal(1, code);
        Assert.Contains("exists already; add --resume", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        (code, _, error) = TrainProcess.Run("run", recipe, "--out", run, "--resume");
        Assert.True(code == 0 && error.Split('\n').Count(line => line.EndsWith("done already.", StringComparison.Ordinal)) == 7, error);
        (code, output, error) = TrainProcess.Run("eval", "-m", Path.Combine(run, "grpo"), "--task", "boolean-logic", "--problems", "2", "--max-tokens", "16");
        Assert.True(code == 0, error);
        Assert.Contains("| boolean-logic | in range | 2 |", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no command 'cook'", "cook")]
    [InlineData("The recipe cannot be read", "run", "nothing.json", "--out", "nowhere")]
    [InlineData("'nothing' is not a folder with a trained model", "export", "-m", "nothing", "--out", "x.gguf")]
    [InlineData("'tasks.cooking' is no task", "eval", "-m", "nothing", "--task", "cooking")]
    public void What_is_wrong_is_said_in_one_sentence(string expected, params string[] arguments)
    {
        (int code, string output, string error) = TrainProcess.Run(arguments);
        Assert.Equal((1, ""), (code, output));
        string line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("seek train: ", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_stage()
    {
        (int code, string output, _) = TrainProcess.Run("--help");
        Assert.Equal(0, code);
        foreach (string stage in new[] { "run", "tokenizer", "pretrain", "sft", "grpo", "sample", "distill", "eval", "export" })
            Assert.Contains($"\n  {stage} ", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
