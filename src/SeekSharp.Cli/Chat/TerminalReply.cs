using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;

namespace SeekSharp.Cli.Chat;

/// <summary>Shows a reply in a terminal. Thoughts are folded into one dimmed line that shows the newest words, and then how long they took.</summary>
/// <param name="output">The terminal.</param>
/// <param name="unfolds">Whether thoughts are shown in full, dimmed.</param>
internal sealed class TerminalReply(ChatOutput output, bool unfolds) : IReplyView
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(80);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly StringBuilder _tail = new();
    private TimeSpan? _lastDrawn;
    private int _tokens;
    private bool _isThinking, _hasAnswer;

    public void Write(ChatResponseUpdate update)
    {
        foreach (AIContent content in update.Contents)
        {
            if (content is TextReasoningContent thought) WriteThought(ChatOutput.Printable(thought.Text));
            if (content is TextContent { Text: var answer }) WriteAnswer(ChatOutput.Printable(answer));
        }

        output.Writer.Flush();
    }

    /// <summary>Closes the reply with what it took.</summary>
    public void End(Turn turn)
    {
        EndThoughts();
        if (_hasAnswer) output.Writer.WriteLine();
        output.Remark(Describe(turn));
    }

    /// <summary>Closes a reply that failed.</summary>
    public void Fail()
    {
        EndThoughts();
        if (_hasAnswer) output.Writer.WriteLine();
    }

    private static string Describe(Turn turn)
    {
        string speed = turn.TokensPerSecond is { } value ? FormattableString.Invariant($"{value:F1} tokens/s, ") : "";
        string state = turn.IsStopped ? ", stopped" : turn.IsCutOff ? ", cut off: no room for more tokens" : "";
        return FormattableString.Invariant($"[{speed}{turn.Tokens} tokens, the first after {turn.ToFirst.TotalSeconds:F2} s{DraftText.Of(turn.Drafts, turn.Tokens)}{state}]");
    }

    private void WriteThought(string text)
    {
        _isThinking = true;
        _tokens++;
        if (unfolds)
        {
            output.Writer.Write(ChatOutput.Dim(text));
            return;
        }

        _tail.Append(text.ReplaceLineEndings(" ").Replace('\t', ' '));
        if (_tail.Length > 2048) _tail.Remove(0, _tail.Length - 1024);
        if (_clock.Elapsed - _lastDrawn < Pause) return;
        _lastDrawn = _clock.Elapsed;
        string head = FormattableString.Invariant($"thinking, {_tokens} tokens ");
        string tail = TextWidth.Last(_tail.ToString(), Math.Max(output.Width - head.Length - 2, 0));
        Redraw(head + tail);
    }

    private void WriteAnswer(string text)
    {
        EndThoughts();
        _hasAnswer = true;
        output.Writer.Write(text);
    }

    private void EndThoughts()
    {
        if (!_isThinking) return;
        _isThinking = false;
        if (unfolds) output.Writer.Write("\n\n");
        else Redraw(FormattableString.Invariant($"thought for {_tokens} tokens, {_clock.Elapsed.TotalSeconds:F1} s (/think shows it)") + "\n");
    }

    private void Redraw(string line) => output.Writer.Write($"\r\e[2K{ChatOutput.Dim(line)}");
}
