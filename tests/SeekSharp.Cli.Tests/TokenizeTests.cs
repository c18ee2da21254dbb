namespace SeekSharp.Cli.Tests;

public sealed class TokenizeTests(ModelFixture models) : IClassFixture<ModelFixture>
{
    [Fact]
    public void Ids_stand_on_one_line_and_decode_to_the_text()
    {
        string ids = Run("the cat \u00e9 \U00020000 x").RequireSuccess();
        Assert.Single(ids.TrimEnd().Split('\n'));
        Assert.All(ids.Split(' '), id => Assert.InRange(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture), 0, TinyModel.VocabularySize - 1));
        Assert.Equal("the cat \u00e9 \U00020000 x", Run("--decode", ids.Trim()).RequireSuccess().Trim());
        Assert.Equal("the cat \u00e9 \U00020000 x", SeekProcess.RunWithInput(ids, "tokenize", "-m", models.Model, "--decode").RequireSuccess().Trim());
    }

    [Fact]
    public void A_pipe_is_read_as_it_is()
    {
        string ids = Run("the cat\n").RequireSuccess();
        Assert.Equal(ids, SeekProcess.RunWithInput("the cat\n", "tokenize", "-m", models.Model).RequireSuccess());
        Assert.NotEqual(ids, Run("the cat").RequireSuccess());
    }

    [Fact]
    public void Special_tokens_are_text_unless_asked_for()
    {
        Assert.DoesNotContain("2", Run("</s>").RequireSuccess().Trim().Split(' '));
        Assert.Contains("2", Run("--special", "</s>").RequireSuccess().Trim().Split(' '));
        Assert.StartsWith($"{TinyModel.BeginningOfText} ", Run("--bos", "a").RequireSuccess(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pieces_show_bytes_and_special_tokens()
    {
        string pieces = Run("--pieces", "--bos", "the\u00e9").RequireSuccess();
        Assert.Contains("\\xc3", pieces, StringComparison.Ordinal);
        Assert.Contains("special", pieces.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_is_wrong()
    {
        Run("--decode", "12 x").RequireFailure("'x'");
        Run("--decode", "291").RequireFailure("291", "0 to 290");
        Run("a", "b").RequireFailure("b");
    }

    private SeekProcess.Result Run(params string[] arguments) => SeekProcess.Run(["tokenize", "-m", models.Model, .. arguments]);
}
