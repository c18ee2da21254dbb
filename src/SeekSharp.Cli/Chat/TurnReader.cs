using System.Text;

namespace SeekSharp.Cli.Chat;

/// <summary>Where lines come from: an editor in a terminal, or a pipe.</summary>
internal interface ILineSource
{
    /// <summary>The next line.</summary>
    /// <param name="prompt">Shown in front of it, where somebody looks.</param>
    /// <returns>The line, possibly with line breaks in it, or null at the end.</returns>
    string? ReadLine(string prompt);
}

/// <summary>Lines of a pipe or of a terminal that can do nothing.</summary>
/// <param name="reader">Gives the lines.</param>
/// <param name="prompts">Gets the prompts, or null where nobody looks.</param>
internal sealed class PlainLines(TextReader reader, TextWriter? prompts) : ILineSource
{
    public string? ReadLine(string prompt)
    {
        prompts?.Write(prompt);
        prompts?.Flush();
        return reader.ReadLine();
    }
}

/// <summary>Makes turns of lines: a backslash at the end of a line, or three quotation marks around several, carry a turn over lines.</summary>
internal sealed class TurnReader(ILineSource lines)
{
    private const string Prompt = "> ", Continuation = "… ", Quotes = "\"\"\"";

    /// <summary>The next turn, or null at the end.</summary>
    public string? Read()
    {
        if (lines.ReadLine(Prompt) is not { } line) return null;
        return line.TrimStart().StartsWith(Quotes, StringComparison.Ordinal) ? ReadQuoted(line.TrimStart()[Quotes.Length..]) : ReadContinued(line);
    }

    private string ReadContinued(string line)
    {
        var turn = new StringBuilder();
        while (line.EndsWith('\\'))
        {
            turn.Append(line, 0, line.Length - 1).Append('\n');
            if (lines.ReadLine(Continuation) is not { } next) return turn.ToString();
            line = next;
        }

        return turn.Append(line).ToString();
    }

    private string ReadQuoted(string rest)
    {
        var turn = new StringBuilder();
        for (string? line = rest; line is not null; line = lines.ReadLine(Continuation))
        {
            if (turn.Length > 0 || !ReferenceEquals(line, rest)) turn.Append('\n');
            int end = line.IndexOf(Quotes, StringComparison.Ordinal);
            turn.Append(end < 0 ? line : line[..end]);
            if (end >= 0) break;
        }

        return turn.ToString().Trim('\n');
    }
}
