using Microsoft.Extensions.AI;

namespace SeekSharp.Cli.Chat;

/// <summary>Writes a reply as plain text: thoughts to one writer, the answer to another.</summary>
/// <param name="output">Gets the answer.</param>
/// <param name="thoughts">Gets the thoughts, or null to leave them out.</param>
/// <param name="withTags">Whether thoughts stand between tags.</param>
internal sealed class PlainReply(TextWriter output, TextWriter? thoughts, bool withTags) : IReplyView
{
    private bool _isThinking;

    public void Write(ChatResponseUpdate update)
    {
        foreach (AIContent content in update.Contents)
        {
            if (content is TextReasoningContent thought) WriteThought(thought.Text);
            if (content is TextContent { Text: var answer }) WriteAnswer(answer);
        }
    }

    /// <summary>Closes what is open.</summary>
    public void End()
    {
        EndThought();
        output.Flush();
    }

    public void End(Turn turn)
    {
        EndThought();
        output.WriteLine();
        output.Flush();
    }

    public void Fail() => End();

    private void WriteThought(string text)
    {
        if (thoughts is null) return;
        if (!_isThinking && withTags) thoughts.Write("<think>\n");
        _isThinking = true;
        thoughts.Write(text);
        thoughts.Flush();
    }

    private void WriteAnswer(string text)
    {
        EndThought();
        output.Write(text);
        output.Flush();
    }

    private void EndThought()
    {
        if (!_isThinking) return;
        _isThinking = false;
        thoughts!.Write(withTags ? "\n</think>\n\n" : "\n");
    }
}
