using System.Text;

namespace SeekSharp.Cli.Chat;

/// <summary>Edits lines in a terminal: keys as in most shells, history with the arrows, Alt-Enter for a line break, pasted line breaks as they are.</summary>
internal sealed class LineEditor(InputHistory history) : ILineSource
{
    private const string PasteStart = "[200~", PasteEnd = "[201~";
    private const string PasteOn = "\e[?2004h", PasteOff = "\e[?2004l";

    private readonly LineBuffer _buffer = new();
    private readonly Queue<ConsoleKeyInfo> _pushedBack = new();
    private string _prompt = "";
    private char _highSurrogate;
    private int _cursorRow;
    private bool _isPasting, _wantsToEnd;

    private enum Outcome
    {
        Goes,
        Done,
        Ended,
    }

    public string? ReadLine(string prompt)
    {
        _prompt = prompt;
        _buffer.Text = "";
        _cursorRow = 0;
        Console.TreatControlCAsInput = true;
        Console.Out.Write(PasteOn);
        try
        {
            Draw();
            while (true)
            {
                Outcome outcome = Take(NextKey());
                if (outcome == Outcome.Goes && (Console.KeyAvailable || _pushedBack.Count > 0)) continue;
                if (outcome != Outcome.Goes) _buffer.End();
                Draw();
                if (outcome == Outcome.Goes) continue;
                Console.Out.WriteLine();
                if (outcome == Outcome.Ended) return null;
                history.Add(_buffer.Text);
                _wantsToEnd = false;
                return _buffer.Text;
            }
        }
        finally
        {
            Console.Out.Write(PasteOff);
            Console.Out.Flush();
            Console.TreatControlCAsInput = false;
        }
    }

    private ConsoleKeyInfo NextKey() => _pushedBack.TryDequeue(out ConsoleKeyInfo key) ? key : Console.ReadKey(intercept: true);

    private Outcome Take(ConsoleKeyInfo key)
    {
        if (IsPasteMark(key, out bool starts))
        {
            _isPasting = starts;
            return Outcome.Goes;
        }

        // The console's reader gives Alt-Enter as two keys.
        if (key.Key == ConsoleKey.Escape && _pushedBack.TryPeek(out ConsoleKeyInfo next) && next.Key == ConsoleKey.Enter)
        {
            _pushedBack.Dequeue();
            _buffer.Insert("\n");
            return Outcome.Goes;
        }

        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter when _isPasting || key.Modifiers.HasFlag(ConsoleModifiers.Alt):
            case ConsoleKey.J when _isPasting && control:
                _buffer.Insert("\n");
                return Outcome.Goes;
            case ConsoleKey.Enter:
            case ConsoleKey.J when control:
                return Outcome.Done;
            case ConsoleKey.C when control:
                return Interrupt();
            case ConsoleKey.D when control && _buffer.Text.Length == 0:
                return Outcome.Ended;
            default:
                Edit(key, control);
                return Outcome.Goes;
        }
    }

    private Outcome Interrupt()
    {
        if (_buffer.Text.Length == 0 && _wantsToEnd) return Outcome.Ended;
        bool wasEmpty = _buffer.Text.Length == 0;
        _wantsToEnd = wasEmpty;
        _buffer.End();
        Draw();
        Console.Out.WriteLine(wasEmpty ? "\r\e[2K" + ChatOutput.Dim("(Ctrl-C again, or Ctrl-D, ends)") : "^C");
        _buffer.Text = "";
        _cursorRow = 0;
        return Outcome.Goes;
    }

    private void Edit(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow: _buffer.Left(); break;
            case ConsoleKey.RightArrow: _buffer.Right(); break;
            case ConsoleKey.B when control: _buffer.Left(); break;
            case ConsoleKey.F when control: _buffer.Right(); break;
            case ConsoleKey.Home: _buffer.Home(); break;
            case ConsoleKey.A when control: _buffer.Home(); break;
            case ConsoleKey.End: _buffer.End(); break;
            case ConsoleKey.E when control: _buffer.End(); break;
            case ConsoleKey.UpArrow: Show(_buffer.Up() ? null : history.Older(_buffer.Text)); break;
            case ConsoleKey.DownArrow: Show(_buffer.Down() ? null : history.Newer()); break;
            case ConsoleKey.P when control: Show(history.Older(_buffer.Text)); break;
            case ConsoleKey.N when control: Show(history.Newer()); break;
            case ConsoleKey.Backspace when control: _buffer.DeleteWord(); break;
            case ConsoleKey.Backspace: _buffer.DeleteBefore(); break;
            case ConsoleKey.H when control: _buffer.DeleteBefore(); break;
            case ConsoleKey.Delete: _buffer.DeleteBehind(); break;
            case ConsoleKey.D when control: _buffer.DeleteBehind(); break;
            case ConsoleKey.U when control: _buffer.DeleteToStart(); break;
            case ConsoleKey.K when control: _buffer.DeleteToEnd(); break;
            case ConsoleKey.W when control: _buffer.DeleteWord(); break;
            case ConsoleKey.L when control: ClearScreen(); break;
            case ConsoleKey.Tab: _buffer.Insert("    "); break;
            default: Insert(key.KeyChar); break;
        }
    }

    private void Show(string? entry)
    {
        if (entry is not null) _buffer.Text = entry;
    }

    /// <summary>Characters outside of Unicode's first plane arrive in halves.</summary>
    private void Insert(char character)
    {
        if (char.IsHighSurrogate(character)) _highSurrogate = character;
        else if (char.IsLowSurrogate(character)) _buffer.Insert($"{_highSurrogate}{character}");
        else if (!char.IsControl(character)) _buffer.Insert($"{character}");
    }

    private void ClearScreen()
    {
        Console.Out.Write("\e[H\e[2J");
        _cursorRow = 0;
    }

    /// <summary>
    /// Terminals say where pasted text starts and ends, by sequences that the console's own reader does not know: it gives their characters one by one.
    /// </summary>
    private bool IsPasteMark(ConsoleKeyInfo key, out bool starts)
    {
        starts = false;
        bool isAltBracket = key.KeyChar == '[' && key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        if (!isAltBracket && key.Key != ConsoleKey.Escape) return false;
        List<ConsoleKeyInfo> taken = [];
        string read = isAltBracket ? "[" : "";
        while (read.Length < PasteStart.Length && (PasteStart.StartsWith(read, StringComparison.Ordinal) || PasteEnd.StartsWith(read, StringComparison.Ordinal)))
        {
            if (_pushedBack.Count == 0 && !Console.KeyAvailable) break;
            taken.Add(NextKey());
            read += taken[^1].KeyChar;
        }

        starts = read == PasteStart;
        if (starts || read == PasteEnd) return true;
        foreach (ConsoleKeyInfo other in taken) _pushedBack.Enqueue(other);
        return false;
    }

    /// <summary>Draws all rows anew, from the first one down, and puts the cursor where it belongs.</summary>
    private void Draw()
    {
        var (rows, row, column) = Layout(Math.Max(Console.WindowWidth, 10));
        var text = new StringBuilder();
        if (_cursorRow > 0) text.Append($"\e[{_cursorRow}A");
        text.Append("\r\e[J").AppendJoin("\r\n", rows);
        if (rows.Count - 1 > row) text.Append($"\e[{rows.Count - 1 - row}A");
        text.Append('\r');
        if (column > 0) text.Append($"\e[{column}C");
        Console.Out.Write(text);
        Console.Out.Flush();
        _cursorRow = row;
    }

    /// <summary>Cuts the text into rows that stay clear of the last column, where terminals differ in when they wrap.</summary>
    private (List<string> Rows, int CursorRow, int CursorColumn) Layout(int width)
    {
        string indent = new(' ', TextWidth.Of(_prompt));
        List<string> rows = [];
        var row = new StringBuilder(_prompt);
        int columns = indent.Length, index = 0, cursorRow = 0, cursorColumn = columns;
        foreach (Rune rune in _buffer.Text.EnumerateRunes())
        {
            int runeWidth = TextWidth.Of(rune);
            if (rune.Value == '\n' || columns + runeWidth >= width) Break();
            if (index == _buffer.Cursor) (cursorRow, cursorColumn) = rune.Value == '\n' ? (rows.Count - 1, TextWidth.Of(rows[^1])) : (rows.Count, columns);
            if (rune.Value != '\n') row.Append(rune);
            columns += runeWidth;
            index += rune.Utf16SequenceLength;
        }

        if (index == _buffer.Cursor) (cursorRow, cursorColumn) = (rows.Count, columns);
        rows.Add(row.ToString());
        return (rows, cursorRow, cursorColumn);

        void Break()
        {
            rows.Add(row.ToString());
            row.Clear().Append(indent);
            columns = indent.Length;
        }
    }
}
