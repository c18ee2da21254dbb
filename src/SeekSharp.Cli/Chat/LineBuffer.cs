using System.Globalization;

namespace SeekSharp.Cli.Chat;

/// <summary>A text with a cursor. Knows no terminal.</summary>
internal sealed class LineBuffer
{
    private string _text = "";

    /// <summary>The text, with line breaks.</summary>
    public string Text
    {
        get => _text;
        set => (_text, Cursor) = (value, value.Length);
    }

    /// <summary>Characters in front of the cursor; never inside of what a person sees as one character.</summary>
    public int Cursor { get; private set; }

    public void Insert(string text)
    {
        _text = _text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public void Left() => Cursor -= LengthBefore();

    public void Right() => Cursor += LengthBehind();

    public void DeleteBefore()
    {
        int length = LengthBefore();
        Cursor -= length;
        _text = _text.Remove(Cursor, length);
    }

    public void DeleteBehind() => _text = _text.Remove(Cursor, LengthBehind());

    public void Home() => Cursor = StartOfLine();

    public void End() => Cursor = EndOfLine();

    public void DeleteToStart()
    {
        int start = StartOfLine();
        _text = _text.Remove(start, Cursor - start);
        Cursor = start;
    }

    public void DeleteToEnd() => _text = _text.Remove(Cursor, EndOfLine() - Cursor);

    public void DeleteWord()
    {
        int start = Cursor;
        while (start > 0 && char.IsWhiteSpace(_text[start - 1])) start--;
        while (start > 0 && !char.IsWhiteSpace(_text[start - 1])) start--;
        _text = _text.Remove(start, Cursor - start);
        Cursor = start;
    }

    /// <summary>To the line above; false where there is none.</summary>
    public bool Up()
    {
        int start = StartOfLine();
        if (start == 0) return false;
        int above = start >= 2 ? _text.LastIndexOf('\n', start - 2) + 1 : 0;
        Cursor = Snap(Math.Min(above + Cursor - start, start - 1));
        return true;
    }

    /// <summary>To the line below; false where there is none.</summary>
    public bool Down()
    {
        int start = StartOfLine(), end = EndOfLine();
        if (end == _text.Length) return false;
        int below = _text.IndexOf('\n', end + 1) is >= 0 and var next ? next : _text.Length;
        Cursor = Snap(Math.Min(end + 1 + Cursor - start, below));
        return true;
    }

    private int StartOfLine() => Cursor == 0 ? 0 : _text.LastIndexOf('\n', Cursor - 1) + 1;

    private int EndOfLine() => _text.IndexOf('\n', Cursor) is >= 0 and var end ? end : _text.Length;

    private int LengthBehind() => Cursor == _text.Length ? 0 : StringInfo.GetNextTextElementLength(_text, Cursor);

    private int LengthBefore()
    {
        int start = 0;
        // Text elements can be found from the front only.
        while (start < Cursor && start + StringInfo.GetNextTextElementLength(_text, start) is var next && next < Cursor) start = next;
        return Cursor - start;
    }

    /// <summary>The start of the text element at a place.</summary>
    private int Snap(int place)
    {
        int start = 0;
        while (start < place && start + StringInfo.GetNextTextElementLength(_text, start) is var next && next <= place) start = next;
        return start;
    }
}
