using SeekSharp.Chat;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>The parts of a response so far.</summary>
internal sealed class ResponseOutput
{
    private readonly List<OutputItem> _items = [];

    /// <summary>The parts.</summary>
    public OutputItem[] Items => [.. _items];

    /// <summary>A part that has only begun.</summary>
    public static OutputItem Begin(ReplyPart part)
    {
        string status = "in_progress";
        return part == ReplyPart.Reasoning
            ? new OutputItem("reasoning", $"rs_{Guid.NewGuid():N}", status) { Summary = [], Content = [] }
            : new OutputItem("message", $"msg_{Guid.NewGuid():N}", status) { Role = "assistant", Content = [] };
    }

    /// <summary>The text of a part.</summary>
    public static OutputContent ContentOf(ReplyPart part, string text) =>
        part == ReplyPart.Reasoning ? new OutputContent("reasoning_text", text) : new OutputContent("output_text", text) { Annotations = [] };

    /// <summary>Adds a part.</summary>
    public void Add(ReplyPart part, string text) => Add(Begin(part), part, text);

    /// <summary>Adds a part that had begun.</summary>
    public OutputItem Add(OutputItem begun, ReplyPart part, string text)
    {
        OutputItem item = begun with { Status = "completed", Content = [ContentOf(part, text)] };
        _items.Add(item);
        return item;
    }
}
