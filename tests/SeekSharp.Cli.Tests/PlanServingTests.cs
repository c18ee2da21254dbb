using System.Text.Json;
using SeekSharp.Tests.Formats;

namespace SeekSharp.Cli.Tests;

public sealed class PlanServingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // README of github.com/deepseek-ai/EPLB.
    [Fact]
    public void Experts_are_placed_as_by_the_original()
    {
        string loads = _folder.Write("loads.json", "[[90,132,40,61,104,165,39,4,73,56,183,86],[20,107,104,64,19,197,187,157,172,86,16,27]]");
        string[] arguments = ["plan", "experts", "--loads", loads, "--replicas", "16", "--groups", "4", "--nodes", "2", "--gpus", "8"];
        using var document = JsonDocument.Parse(SeekProcess.Run([.. arguments, "--json"]).RequireSuccess());
        Assert.Equal("[5,6,5,7,8,4,3,4,10,9,10,2,0,1,11,1]", Compact(document.RootElement.GetProperty("phy2log")[0]));
        Assert.Equal("[7,10,6,8,6,11,8,9,2,4,5,1,5,0,3,1]", Compact(document.RootElement.GetProperty("phy2log")[1]));
        Assert.Equal("[1,2,1,1,2,2,1,1,1,1,2,1]", Compact(document.RootElement.GetProperty("logcnt")[0]));
        Assert.Equal("[0,2]", Compact(document.RootElement.GetProperty("log2phy")[0][5]));
        Assert.Contains("GPU 0: experts 5 6, load 121.5", SeekProcess.Run(arguments).RequireSuccess(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"weight\": 3}", "a row of numbers for each layer")]
    [InlineData("[[1, \"2\"]]", "is no number")]
    [InlineData("[[1, -2]]", "not negative")]
    [InlineData("[[1,", "is no JSON")]
    public void Loads_that_make_no_sense(string json, string sentence) =>
        SeekProcess.Run("plan", "experts", "--loads", _folder.Write("bad.json", json), "--replicas", "2", "--groups", "1", "--nodes", "1", "--gpus", "1").RequireFailure(sentence);

    // Day 6 of open-infra-index: $87,072 a day.
    [Fact]
    public void The_usual_service_is_that_of_the_report()
    {
        using var document = JsonDocument.Parse(SeekProcess.Run("plan", "serve", "--json").RequireSuccess());
        Assert.Equal(87_072, document.RootElement.GetProperty("costPerDay").GetDouble());
        Assert.NotEqual(0, document.RootElement.GetProperty("assumptions").GetArrayLength());
        Assert.Contains("cost $87,072, revenue $562,100", SeekProcess.Run("plan", "serve").RequireSuccess(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--price=-1", "must not be negative")]
    [InlineData("--chip=H900", "There is no chip 'H900'")]
    [InlineData("--nodes=0", "must be above 0")]
    [InlineData("--decode-experts=many", "such as 144/32")]
    [InlineData("--speed=100000", "No batch gives a user")]
    [InlineData("--without=magic", "there are overlap, node-limit")]
    public void Bad_services_get_one_sentence(string option, string sentence) => SeekProcess.Run("plan", "serve", option).RequireFailure(sentence);

    [Fact]
    public void A_sweep_is_a_table_or_a_picture()
    {
        string[] sweep = ["plan", "sweep", "train", "--sweep", "link.inter=25..400GB/s", "--steps", "4", "--without", "overlap,fp8-dispatch"];
        string text = SeekProcess.Run(sweep).RequireSuccess();
        foreach (string part in new[] { "tokens a second and chip", "25 GB/s", "400 GB/s", "without overlap", "without fp8-dispatch" }) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(5, SeekProcess.Run([.. sweep, "--csv"]).RequireSuccess().TrimEnd().Split('\n').Length);
        string picture = Path.Combine(_folder.Path, "links.svg");
        Assert.Equal("", SeekProcess.Run([.. sweep, "--out", picture]).RequireSuccess());
        Assert.Contains("<svg", File.ReadAllText(picture), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train", "link.outer=1..2", "there are link.inter")]
    [InlineData("serve", "speed", "is no sweep")]
    [InlineData("serve", "link.inter=9..1GB/s", "ends before it begins")]
    public void Bad_sweeps_get_one_sentence(string kind, string sweep, string sentence) => SeekProcess.Run("plan", "sweep", kind, "--sweep", sweep).RequireFailure(sentence);

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element.EnumerateArray().Select(item => item.GetInt32()));
}
