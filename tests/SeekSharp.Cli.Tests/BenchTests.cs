using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class BenchTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Json_has_what_comparisons_need()
    {
        string json = SeekProcess.Run(
            "bench", "-m", models.Model, "-p", "32", "-n", "8", "-t", "2", "-r", "3", "--depth", "0,16", "--batch", "4", "--json").RequireSuccess();
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(2, root.GetProperty("threads").GetInt32());
        Assert.Equal(TinyModel.VocabularySize, root.GetProperty("vocabulary").GetInt32());
        Assert.InRange(root.GetProperty("peak_memory_bytes").GetInt64(), 1 << 20, 1L << 32);
        Assert.InRange(root.GetProperty("first_token_seconds").GetDouble(), root.GetProperty("load_seconds").GetDouble(), 100);
        Assert.Equal(
            ["prefill 32 1 0", "decode 8 1 0", "decode 8 4 0", "prefill 32 1 16", "decode 8 1 16", "decode 8 4 16"],
            root.GetProperty("tests").EnumerateArray().Select(test => $"{test.GetProperty("test")} {test.GetProperty("tokens")} {test.GetProperty("sequences")} {test.GetProperty("depth")}"));
        foreach (var test in root.GetProperty("tests").EnumerateArray())
        {
            double[] seconds = [.. test.GetProperty("seconds").EnumerateArray().Select(value => value.GetDouble()).Order()];
            Assert.Equal(3, seconds.Length);
            int tokens = test.GetProperty("tokens").GetInt32() * test.GetProperty("sequences").GetInt32();
            Assert.Equal(tokens / seconds[1], test.GetProperty("tokens_per_second").GetDouble(), 1e-6);
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
    public void Speculation_is_measured_against_replies_without_it()
    {
        string json = SeekProcess.Run("bench", "-m", models.Model, "-n", "40", "-r", "2", "--speculate", "replay", "--draft", "3", "--json").RequireSuccess();
        var root = JsonDocument.Parse(json).RootElement;
        // Ten times three drafts and one token more.
        Assert.Equal((40, 30, 30, 10), (Number("tokens"), Number("drafted"), Number("accepted"), Number("steps")));
        Assert.Equal(2, root.GetProperty("pairs").GetArrayLength());
        var steps = root.GetProperty("step_times");
        Assert.Equal(9, steps.GetArrayLength());
        Assert.All(steps.EnumerateArray(), step => Assert.True(step.GetProperty("milliseconds").GetDouble() > 0));
        // A dense model reads the same whatever the tokens, but for the rows of the embedding.
        double[] bytes = [.. steps.EnumerateArray().Select(step => step.GetProperty("bytes").GetDouble())];
        Assert.Single(bytes.Skip(1).Zip(bytes, (next, previous) => next - previous).Distinct());
        SeekProcess.Run("bench", "-m", models.Model, "-n", "40", "-r", "1", "--speculate", "ngram").RequireSuccess();
        SeekProcess.Run("bench", "-m", models.Model, "-n", "40", "--speculate", "mtp").RequireFailure("prediction module", "ngram");

        int Number(string name) => root.GetProperty(name).GetInt32();
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        SeekProcess.Run("bench", "-m", models.Model, "-p", "0", "-n", "0").RequireFailure("-p or -n");
        SeekProcess.Run("bench", "-m", models.Model, "-p", "129").RequireFailure("129", "128");
        SeekProcess.Run("bench", "-m", models.Model, "-n", "0", "--batch", "4").RequireFailure("--batch", "-n");
        SeekProcess.Run("bench", "-m", models.Model, "--depth", "0,x").RequireFailure("--depth", "0,x");
        SeekProcess.Run("bench", "-m", models.Model, "--memory-limit", "five").RequireFailure("--memory-limit", "5GiB", "five");
        SeekProcess.Run("bench", "-m", models.Model, "-p", "16", "-n", "16", "--memory-limit", "1KiB").RequireFailure("1.00 KiB", "beside the weights");
    }
}
