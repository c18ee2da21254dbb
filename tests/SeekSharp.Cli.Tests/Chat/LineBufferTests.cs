using SeekSharp.Cli.Chat;

namespace SeekSharp.Cli.Tests.Chat;

public sealed class LineBufferTests
{
    private readonly LineBuffer _buffer = new();

    [Fact]
    public void Keys_edit_what_is_at_the_cursor()
    {
        _buffer.Insert("one twp");
        _buffer.DeleteBefore();
        _buffer.Insert("o");
        Assert.Equal(("one two", 7), (_buffer.Text, _buffer.Cursor));
        _buffer.DeleteWord();
        Assert.Equal("one ", _buffer.Text);
        _buffer.Home();
        _buffer.DeleteBehind();
        _buffer.Insert("O");
        _buffer.Left();
        _buffer.Left();
        Assert.Equal(("One ", 0), (_buffer.Text, _buffer.Cursor));
        _buffer.Right();
        _buffer.DeleteToEnd();
        Assert.Equal("O", _buffer.Text);
        _buffer.DeleteToStart();
        Assert.Equal("", _buffer.Text);
        _buffer.DeleteBefore();
        _buffer.DeleteBehind();
        _buffer.DeleteWord();
        Assert.Equal(("", 0), (_buffer.Text, _buffer.Cursor));
    }

    [Theory]
    [InlineData("e\u0301")]
    [InlineData("\U0001F600")]
    [InlineData("\U0001F468\u200D\U0001F469\u200D\U0001F467")]
    public void What_people_see_as_one_character_is_one(string character)
    {
        _buffer.Insert("a" + character + "b");
        _buffer.Left();
        _buffer.Left();
        Assert.Equal(1, _buffer.Cursor);
        _buffer.Right();
        _buffer.DeleteBefore();
        Assert.Equal("ab", _buffer.Text);
    }

    [Fact]
    public void Lines_of_a_text_are_walked_up_and_down()
    {
        _buffer.Text = "first\nx\nthird";
        Assert.False(_buffer.Down());
        Assert.True(_buffer.Up());
        Assert.Equal("first\nx".Length, _buffer.Cursor);
        Assert.True(_buffer.Up());
        Assert.Equal(1, _buffer.Cursor);
        Assert.False(_buffer.Up());
        _buffer.End();
        Assert.Equal(5, _buffer.Cursor);
        _buffer.DeleteToStart();
        Assert.Equal("\nx\nthird", _buffer.Text);
        Assert.True(_buffer.Down());
        Assert.Equal(1, _buffer.Cursor);
    }
}
