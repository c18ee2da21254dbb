using SeekSharp.Cli.Chat;

namespace SeekSharp.Cli.Tests.Chat;

public sealed class TurnReaderTests
{
    [Theory]
    [InlineData("a\nb\n", "a", "b")]
    [InlineData("a\\\nb\\\nc\nd", "a\nb\nc", "d")]
    [InlineData("\"\"\"\na\n\nb\n\"\"\"\nc", "a\n\nb", "c")]
    [InlineData("\"\"\"a\nb\"\"\"", "a\nb")]
    [InlineData("\"\"\"a\"\"\"\nb", "a", "b")]
    [InlineData("\"\"\"a\nb", "a\nb")]
    [InlineData("a\\", "a\n")]
    [InlineData("")]
    public void Lines_become_turns(string input, params string[] expected)
    {
        using var reader = new StringReader(input);
        var turns = new TurnReader(new PlainLines(reader, null));
        List<string> read = [];
        while (turns.Read() is { } turn) read.Add(turn);
        Assert.Equal(expected, read);
    }

    [Fact]
    public void Width_counts_columns()
    {
        Assert.Equal(7, TextWidth.Of("a日本e\u0301b"));
        Assert.Equal("本b", TextWidth.Last("a日本b", 4));
        Assert.Equal("", TextWidth.Last("日", 1));
    }
}
