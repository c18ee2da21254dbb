using System.Globalization;
using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class PerplexityTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    private readonly string _text = WriteText(models);

    [Fact]
    public void Perplexity_is_printed_with_its_error_and_as_json()
    {
        string[] lines = SeekProcess.Run("perplexity", "-m", models.Model, "--context", "64", _text).RequireSuccess().TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^perplexity [0-9.]+ ± [0-9.]+\r?$", lines[0]);
        var json = Json("perplexity", "-m", models.Model, "--context", "64", "-t", "1", "--json", _text);
        Assert.Equal(lines[0].Split(' ')[1], json.GetProperty("perplexity").GetDouble().ToString("F4", CultureInfo.InvariantCulture));
        Assert.Equal(json.GetProperty("chunks").GetInt32() * 31, json.GetProperty("scored_tokens").GetInt32());
        Assert.InRange(json.GetProperty("perplexity").GetDouble(), 2, 1e6);
        Assert.Equal(2, Json("perplexity", "-m", models.Model, "--context", "64", "--stride", "8", "--chunks", "2", "--kv", "f32", "--json", _text).GetProperty("chunks").GetInt32());
    }

    [Fact]
    public void Diff_of_a_model_with_itself_is_nothing()
    {
        var json = Json("diff", models.Model, models.ChatModel, "--context", "64", "--json", _text);
        Assert.Equal(0, json.GetProperty("divergence").GetProperty("max").GetDouble());
        Assert.Equal(1, json.GetProperty("top_agreement").GetDouble());
        Assert.Equal(json.GetProperty("perplexity_base").GetDouble(), json.GetProperty("perplexity_other").GetDouble());
        string text = SeekProcess.Run("diff", models.Model, models.ChatModel, "--context", "64", _text).RequireSuccess();
        Assert.Contains("same most probable token  100.00 %", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        SeekProcess.Run("perplexity", "-m", models.Model, models.PathOf("none.txt")).RequireFailure("none.txt");
        SeekProcess.Run("perplexity", "-m", models.Model, "--context", "129", _text).RequireFailure("129", "128");
        SeekProcess.Run("perplexity", "-m", models.Model, "--context", "3", _text).RequireFailure("--context");
        SeekProcess.Run("perplexity", "-m", models.Model, "--context", "64", "--stride", "64", _text).RequireFailure("stride of 64");
        string brief = models.PathOf("brief.txt");
        File.WriteAllText(brief, "abc\n");
        SeekProcess.Run("perplexity", "-m", models.Model, "--context", "64", brief).RequireFailure("windows of 64 need at least 128");
        SeekProcess.Run("diff", models.Model, models.PathOf("none.gguf"), _text).RequireFailure("none.gguf");
    }

    private static JsonElement Json(params string[] arguments) => JsonDocument.Parse(SeekProcess.Run(arguments).RequireSuccess()).RootElement;

    private static string WriteText(ModelFixture models)
    {
        string path = models.PathOf("story.txt");
        File.WriteAllText(path, string.Concat(Enumerable.Range(0, 60).Select(i => $"the {(char)('a' + i % 26)} on the in {i} then ")) + "\n");
        return path;
    }
}
