namespace SeekSharp.Cli.Tests;

public sealed class QuantizeTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Writes_a_smaller_model_that_runs()
    {
        string output = models.PathOf("q8.gguf");
        var result = SeekProcess.Run("quantize", models.Model, output, "q8_0", "--threads", "1");
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains(output, result.Output, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(output).Length, 1, new FileInfo(models.Model).Length / 2);
        SeekProcess.Run("run", "-m", output, "the", "--raw", "--max-tokens", "4").RequireSuccess();
    }

    [Fact]
    public void Converts_to_a_folder_and_back()
    {
        string folder = models.PathOf("folder"), file = models.PathOf("back.gguf");
        foreach (string[] arguments in (string[][])[["convert", models.Model, folder], ["convert", folder, file, "--type", "auto"]])
        {
            var result = SeekProcess.Run(arguments);
            Assert.True(result.Code == 0, result.Error);
        }

        string expected = SeekProcess.Run("run", "-m", models.Model, "the", "--raw", "--max-tokens", "8", "--temperature", "0").RequireSuccess();
        foreach (string model in (string[])[folder, file])
            Assert.Equal(expected, SeekProcess.Run("run", "-m", model, "the", "--raw", "--max-tokens", "8", "--temperature", "0").RequireSuccess());
        Assert.Contains("--force", SeekProcess.Run("convert", models.Model, folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        string output = models.PathOf("never.gguf");
        SeekProcess.Run("quantize", models.Model, output, "Q9_X").RequireFailure("Q9_X", "Q4_K_M");
        SeekProcess.Run("quantize", models.Model, output, "15").RequireFailure("15");
        SeekProcess.Run("quantize", models.PathOf("absent.gguf"), output, "Q8_0").RequireFailure("absent.gguf");
        SeekProcess.Run("quantize", models.Model, models.Model, "Q8_0").RequireFailure("--force");
        SeekProcess.Run("quantize", models.Model, models.Model, "Q8_0", "--force").RequireFailure("is the input");
        SeekProcess.Run("quantize", models.Model, models.PathOf("no/such/out.gguf"), "Q8_0").RequireFailure("no folder");
        SeekProcess.Run("convert", models.PathOf("absent"), output).RequireFailure("absent");
        SeekProcess.Run("convert", models.Model, models.PathOf("folder-q8"), "--type", "q8_0").RequireFailure("Q8_0");
        Assert.False(File.Exists(output));
    }
}
