namespace SeekSharp.Cli.Chat;

/// <summary>Where a chat writes: a terminal that can dim and rewrite a line, or plain text.</summary>
/// <param name="writer">Gets answers and messages.</param>
/// <param name="thoughts">Gets thoughts where they are plain text.</param>
/// <param name="isTerminal">Whether escape sequences are understood.</param>
/// <param name="width">Columns of the terminal.</param>
internal sealed class ChatOutput(TextWriter writer, TextWriter thoughts, bool isTerminal, Func<int> width)
{
    private const string DimStart = "\e[2m", DimEnd = "\e[0m";

    public bool IsTerminal => isTerminal;

    public TextWriter Writer => writer;

    public TextWriter Thoughts => thoughts;

    public int Width => width();

    public void Line(string text) => writer.WriteLine(isTerminal ? Printable(text) : text);

    /// <summary>A remark of the program, not of the model. Plain text has answers only.</summary>
    public void Remark(string text)
    {
        if (isTerminal) writer.WriteLine(Dim(Printable(text)));
    }

    public static string Dim(string text) => $"{DimStart}{text}{DimEnd}";

    /// <summary>Nothing that a model or a file says may steer the terminal.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(IsSteering)) return text;
        return string.Concat(text.Select(c => IsSteering(c) ? '\uFFFD' : c));
    }

    private static bool IsSteering(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
