using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class BenchTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Json_has_what_comparisons_need()
    {
        string json = SeekProcess.Run("bench", "-m", models.Model, "-p", "32", "-n", "8", "-t", "2", "-r", "3", "--depth", "16", "--json").RequireSuccess();
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(2, root.GetProperty("threads").GetInt32());
        Assert.Equal(TinyModel.VocabularySize, root.GetProperty("vocabulary").GetInt32());
        Assert.Equal(16, root.GetProperty("depth").GetInt32());
        Assert.InRange(root.GetProperty("peak_memory_bytes").GetInt64(), 1 << 20, 1L << 32);
        foreach (var (name, tokens) in new[] { ("prefill", 32), ("decode", 8) })
        {
            var timing = root.GetProperty(name);
            double[] seconds = [.. timing.GetProperty("seconds").EnumerateArray().Select(value => value.GetDouble()).Order()];
            Assert.Equal(3, seconds.Length);
            Assert.Equal(tokens, timing.GetProperty("tokens").GetInt32());
            Assert.Equal(tokens / seconds[1], timing.GetProperty("tokens_per_second").GetDouble(), 1e-6);
        }
    }

    [Fact]
    public void A_person_reads_a_table()
    {
        string text = SeekProcess.Run("bench", "-m", models.Model, "-p", "0", "-n", "8", "-r", "1").RequireSuccess();
        Assert.Contains("decode 8", text, StringComparison.Ordinal);
        Assert.DoesNotContain("prefill", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        SeekProcess.Run("bench", "-m", models.Model, "-p", "0", "-n", "0").RequireFailure("-p or -n");
        SeekProcess.Run("bench", "-m", models.Model, "-p", "129").RequireFailure("129", "128");
        SeekProcess.Run("bench", "-m", models.Model, "--memory-limit", "five").RequireFailure("--memory-limit", "5GiB", "five");
        SeekProcess.Run("bench", "-m", models.Model, "--memory-limit", "1KiB").RequireFailure("1.00 KiB", "beside the weights");
    }
}
