namespace SeekSharp.Training.Text;

/// <summary>The tokens that are not text, with DeepSeek's spellings; they follow the vocabulary's words in this order.</summary>
internal static class SpecialTokens
{
    public const string BeginningOfText = "<｜begin▁of▁sentence｜>";
    public const string EndOfText = "<｜end▁of▁sentence｜>";
    public const string Padding = "<｜▁pad▁｜>";
    public const string User = "<｜User｜>";
    public const string Assistant = "<｜Assistant｜>";
    public const string FillBegin = "<｜fim▁begin｜>";
    public const string FillHole = "<｜fim▁hole｜>";
    public const string FillEnd = "<｜fim▁end｜>";
    public const string OpenThought = "<think>";
    public const string CloseThought = "</think>";

    /// <summary>All of them. Those that look like control tokens never appear in a reply's text; tags do.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        BeginningOfText, EndOfText, Padding, User, Assistant, FillBegin, FillHole, FillEnd, OpenThought, CloseThought, "<tools>", "</tools>",
        "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
    ];

    /// <summary>Whether a token steers the model and is no part of a text.</summary>
    public static bool IsControl(string token) => token.StartsWith("<｜", StringComparison.Ordinal);
}
