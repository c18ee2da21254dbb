using SeekSharp.Templates.Jinja;

namespace SeekSharp.Templates;

/// <summary>
/// A model's chat template: a Jinja text that turns a conversation into a prompt. Immutable: one instance serves any number of threads.
/// </summary>
/// <remarks>
/// Templates come with model files and are not trusted. The interpreter knows only its own values, reads nothing from outside, and bounds its steps,
/// its recursion and every text it builds, so that a hostile template ends in a <see cref="ChatTemplateException"/>. Texts of messages carry their origin
/// through every operation: see <see cref="TextSegment.IsTemplate"/>.
/// </remarks>
public sealed class ChatTemplate
{
    private readonly IReadOnlyList<Statement> _statements;

    private ChatTemplate(string source, IReadOnlyList<Statement> statements)
    {
        Source = source;
        _statements = statements;
    }

    /// <summary>The Jinja text.</summary>
    public string Source { get; }

    /// <summary>Reads a template, with the settings that transformers uses (trim_blocks and lstrip_blocks).</summary>
    /// <param name="source">Jinja text of at most 1,048,576 characters.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ChatTemplateException">The text is not a template, or is nested too deep.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ChatTemplate(source, new Parser(Lexer.Read(source)).ParseTemplate());
    }

    /// <summary>Carries the template out.</summary>
    /// <param name="input">The conversation.</param>
    /// <returns>The prompt in segments.</returns>
    /// <remarks>
    /// Some templates take a message that calls tools and says nothing with content "none" (DeepSeek), others only with empty content (Qwen3): both are tried.
    /// </remarks>
    /// <exception cref="ChatTemplateException">
    /// The template refuses the conversation ("raise_exception"), uses something undefined or unknown, or needs more steps, depth or text than allowed.
    /// </exception>
    public RenderedPrompt Render(ChatTemplateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        bool hasSilentCalls = input.Messages.Any(message => message.Content is null && message.ToolCalls.Count > 0);
        if (!hasSilentCalls) return RenderOnce(input);
        try
        {
            return RenderOnce(input);
        }
        catch (ChatTemplateException)
        {
            return RenderOnce(input with { Messages = [.. input.Messages.Select(message => message with { Content = message.Content ?? "" })] });
        }
    }

    private RenderedPrompt RenderOnce(ChatTemplateInput input)
    {
        var budget = new Budget(InputValues.CountCharacters(input));
        var evaluator = new Evaluator(budget, input.Now ?? TimeProvider.System.GetLocalNow());
        return evaluator.Run(_statements, InputValues.ToScope(input, budget));
    }
}
