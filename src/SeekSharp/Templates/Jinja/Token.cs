namespace SeekSharp.Templates.Jinja;

internal enum TokenKind
{
    Text,
    BlockStart,
    BlockEnd,
    PrintStart,
    PrintEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A word of a template.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">For strings and texts the value, for others the spelling.</param>
/// <param name="Line">Line, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    internal bool Is(TokenKind kind, string text) => Kind == kind && Text == text;

    internal string Describe() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.Text => "text",
        TokenKind.String => "a string",
        _ => $"'{(Text.Length > 40 ? Text[..40] : Text)}'",
    };
}
