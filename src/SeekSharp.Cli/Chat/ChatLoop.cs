using SeekSharp.Formats;
using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Templates;

namespace SeekSharp.Cli.Chat;

/// <summary>Reads turns and commands until the end, and shows the answers.</summary>
internal sealed class ChatLoop(ChatSession session, TurnReader turns, ChatOutput output, ChatCommands commands)
{
    public async Task RunAsync()
    {
        while (!commands.IsEnded && turns.Read() is { } turn)
        {
            if (string.IsNullOrWhiteSpace(turn)) continue;
            if (turn.StartsWith('/')) Execute(turn);
            else await AnswerAsync(turn);
        }
    }

    private void Execute(string line)
    {
        try
        {
            commands.Execute(line);
        }
        catch (Exception exception) when (exception is CommandException or ModelFormatException or HubException or ChatTemplateException or IOException
            or UnauthorizedAccessException or ArgumentException)
        {
            output.Line(exception.Message);
        }
    }

    private async Task AnswerAsync(string question)
    {
        using var interrupt = new Interrupt(isSecondFinal: false);
        IReplyView view = output.IsTerminal ? new TerminalReply(output, commands.UnfoldsThoughts) : new PlainReply(output.Writer, output.Thoughts, withTags: false);
        try
        {
            view.End(await session.AskAsync(question, view.Write, interrupt.Token));
        }
        catch (Exception exception) when (exception is ContextOverflowException or ChatTemplateException or NotSupportedException or NotFiniteNumberException)
        {
            view.Fail();
            output.Line(exception is ContextOverflowException ? $"{exception.Message} /clear starts anew; a larger --context holds more." : exception.Message);
        }
    }
}
