using System.Text.Json;

namespace SeekSharp.Cli.Tests;

public sealed class PlanTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Theory]
    [InlineData("2022-11-01", false, null)]
    [InlineData("2023-11-18", true, "3A090.a")]
    public void A_chip_is_judged_by_the_day(string on, bool controlled, string? paragraph)
    {
        JsonElement root = Json("chip", "H800", "--on", on);
        Assert.Equal((controlled, paragraph), (root.GetProperty("controlled").GetBoolean(), root.GetProperty("paragraph").GetString()));
        Assert.Equal((15_832, 19.45), (root.GetProperty("tpp").GetDouble(), root.GetProperty("performanceDensity").GetDouble()));
        Assert.Equal("China", root.GetProperty("to").GetString());
        Assert.NotEmpty(root.GetProperty("why").GetString()!);
        Assert.Contains("no legal advice", root.GetProperty("disclaimer").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(0, root.GetProperty("margins").GetArrayLength());
    }

    [Fact]
    public void A_person_reads_answer_reason_and_margins()
    {
        string text = SeekProcess.Run("plan", "chip", "rtx 4090", "--on", "2023-11-18").RequireSuccess();
        foreach (string part in new[] { "controlled under 3A090.a", "NAC-eligible", "TPP 5,284.8 is 484.8 over 4,800", "no legal advice", "+484.8" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_chips_and_rules()
    {
        Assert.Contains(Json("chips").GetProperty("chips").EnumerateArray(), chip => chip.GetProperty("chip").GetString() == "MI300X");
        Assert.Contains("Ascend 910B", SeekProcess.Run("plan", "chips").RequireSuccess(), StringComparison.Ordinal);
        JsonElement diffusion = Json("rules", "--on", "2025-05-14").GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("id").GetString() == "2025-01-diffusion");
        Assert.Equal(("not enforced", "2025-05-15"), (diffusion.GetProperty("status").GetString(), diffusion.GetProperty("compliance").GetString()));
        Assert.Contains("87 FR 62186): in force on 2022-10-21", SeekProcess.Run("plan", "rules", "--on", "2022-10-21").RequireSuccess(), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_and_memory_are_judged_too()
    {
        Assert.Equal("4E091", Json("weights", "--operations", "1e26", "--closed", "--on", "2025-03-01").GetProperty("paragraph").GetString());
        Assert.False(Json("weights", "--operations", "1e26", "--open", "--on", "2025-03-01", "--to", "UK").GetProperty("controlled").GetBoolean());
        Assert.Equal("3A090.c", Json("memory", "--bandwidth", "819GB/s", "--area", "110mm2", "--on", "2024-12-02").GetProperty("paragraph").GetString());
    }

    [Fact]
    public void Predicts_this_machine_and_checks_it()
    {
        JsonElement root = Json("here", models.Model, "-p", "32", "-n", "8", "-r", "1", "-t", "2", "--check");
        Assert.InRange(root.GetProperty("memoryBytesPerSecond").GetDouble(), 1e8, 1e13);
        foreach (string test in new[] { "prefill", "decode" })
        {
            JsonElement result = root.GetProperty(test);
            double predicted = result.GetProperty("predictedTokensPerSecond").GetDouble(), measured = result.GetProperty("measuredTokensPerSecond").GetDouble();
            Assert.Equal(predicted / measured, result.GetProperty("ratio").GetDouble(), 1e-9);
            Assert.True(predicted > 0 && measured > 0);
        }
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        SeekProcess.Run("plan", "chip", "H900").RequireFailure("H900", "H800");
        SeekProcess.Run("plan", "chip", "H800", "--on", "yesterday").RequireFailure("--on", "yesterday", "seek plan chip --help");
        SeekProcess.Run("plan", "chip", "H800", "--to", "Chna").RequireFailure("Chna", "China");
        SeekProcess.Run("plan", "chip", "H800", "--chips", "none.json").RequireFailure("none.json");
        SeekProcess.Run("plan", "weights", "--operations", "1e26").RequireFailure("--open", "--closed");
        SeekProcess.Run("plan", "weights", "--operations", "-1", "--open").RequireFailure("negative");
        SeekProcess.Run("plan", "here", "none.gguf").RequireFailure("none.gguf");
        SeekProcess.Run("plan", "here", models.Model, "-p", "129").RequireFailure("129", "128");
        SeekProcess.Run("plan", "trian").RequireFailure("trian", "seek plan --help");
    }

    private static JsonElement Json(params string[] arguments) => JsonDocument.Parse(SeekProcess.Run(["plan", .. arguments, "--json"]).RequireSuccess()).RootElement;
}
