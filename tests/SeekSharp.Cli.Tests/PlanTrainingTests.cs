using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class PlanTrainingTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Plans_V3_by_default()
    {
        JsonElement root = JsonDocument.Parse(SeekProcess.Run("plan", "train", "--json").RequireSuccess()).RootElement;
        Assert.InRange(root.GetProperty("deviceHours").GetDouble() / 2_664_000, 0.95, 1.05); // V3, table 1
        Assert.Equal(16, root.GetProperty("layout").GetProperty("pipeline").GetInt32());
        string text = SeekProcess.Run("plan", "train").RequireSuccess();
        Assert.Contains("binds", text, StringComparison.Ordinal);
        Assert.Contains("fitted", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_change_the_plan()
    {
        JsonElement root = JsonDocument.Parse(SeekProcess.Run(
            "plan", "train", "--model", "V2", "--chip", "H100", "--count", "512", "--tokens", "1T", "--batch", "2048", "--price", "$3/h", "--link-between", "25GB/s",
            "--without", "fp8,overlap", "--first-principles", "--json").RequireSuccess()).RootElement;
        Assert.Equal(root.GetProperty("deviceHours").GetDouble() * 3, root.GetProperty("dollars").GetDouble(), 1);
        Assert.True(root.GetProperty("search").GetProperty("tried").GetInt32() > 100);
        Assert.False(root.GetProperty("techniques").GetProperty("fp8").GetBoolean());
        Assert.DoesNotContain(root.GetProperty("assumptions").EnumerateArray(), assumption => assumption.GetProperty("fitted").GetBoolean());
    }

    [Fact]
    public void Bad_input_gets_one_sentence()
    {
        SeekProcess.Run("plan", "train", "--chip", "H900").RequireFailure("H900");
        SeekProcess.Run("plan", "train", "--price", "-1").RequireFailure("negative");
        SeekProcess.Run("plan", "train", "--recompute", "none").RequireFailure("would fit");
        SeekProcess.Run("plan", "train", "--without", "magic").RequireFailure("magic");
        SeekProcess.Run("plan", "train", "--model", "GPT-5").RequireFailure("GPT-5");
        SeekProcess.Run("plan", "pipeline", "--ranks", "7").RequireFailure("even");
        SeekProcess.Run("plan", "pipeline", "--out", models.PathOf("picture.gif")).RequireFailure(".png");
    }

    [Fact]
    public void Draws_a_pipeline()
    {
        string path = models.PathOf("dualpipe.png");
        string text = SeekProcess.Run("plan", "pipeline", "--schedule", "dualpipe", "--ranks", "8", "--micro-batches", "20", "--out", path).RequireSuccess();
        Assert.Contains("at most 6 ", text, StringComparison.Ordinal); // V3, table 2
        Assert.True(new FileInfo(path).Length > 10_000);
    }
}
