using System.Text;
using System.Text.Json;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;

namespace SeekSharp.Chat;

/// <summary>
/// Turns conversations into tokens: the template writes the prompt, and special tokens are taken from the template's own text only, so that no message
/// can forge a turn. Immutable.
/// </summary>
internal sealed class PromptBuilder
{
    // What Qwen's own template writes in place of thoughts. R1 and its distillations take it, too.
    private const string EmptyReasoning = "<think>\n\n</think>\n\n", RestOfEmptyReasoning = "\n</think>\n\n", OpenReasoning = "<think>\n";

    private static readonly JsonElement True = JsonElement.Parse("true"), False = JsonElement.Parse("false");

    private readonly ChatTemplate _template;
    private readonly Tokenizer _tokenizer;
    private readonly SpecialTokenSplitter _splitter;
    private readonly string _beginningOfText, _endOfSentence;

    /// <summary>Prepares a model's prompts.</summary>
    /// <param name="template">The template.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    public PromptBuilder(ChatTemplate template, Tokenizer tokenizer)
    {
        _template = template;
        _tokenizer = tokenizer;
        _splitter = new SpecialTokenSplitter(
            Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsMarkup).Select(SpellingOf).Where(spelling => tokenizer.FindToken(spelling) is not null));
        _beginningOfText = tokenizer.BeginningOfText is { } beginning ? SpellingOf(beginning) : "";
        _endOfSentence = tokenizer.EndOfSentence is { } end ? SpellingOf(end) : "";
        bool mentionsReasoning = template.Source.Contains(ReasoningParser.Close, StringComparison.Ordinal);
        Thinks = mentionsReasoning || tokenizer.FindToken(ReasoningParser.Close) is not null;
        NeedsEmptyReasoning = mentionsReasoning && !template.Source.Contains("thinking", StringComparison.Ordinal);
    }

    /// <summary>Whether the model may think before it answers.</summary>
    public bool Thinks { get; }

    /// <summary>Whether only an empty thought keeps the model from thinking: its template has neither "enable_thinking" nor "thinking".</summary>
    private bool NeedsEmptyReasoning { get; }

    /// <summary>Writes the prompt of a conversation.</summary>
    /// <param name="messages">The conversation, oldest first.</param>
    /// <param name="tools">Tools that the template describes.</param>
    /// <param name="thinking">Whether the model thinks first; null leaves it to the template.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, or is damaged.</exception>
    public ChatPrompt Build(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement> tools, bool? thinking)
    {
        IReadOnlyList<TextSegment> segments = Render(messages, tools, thinking);
        string? opening = Opening(segments);
        if (thinking == false)
        {
            string? more = opening is not null ? RestOfEmptyReasoning : NeedsEmptyReasoning ? EmptyReasoning : null;
            if (more is not null) segments = [.. segments, new TextSegment(more, IsTemplate: true)];
            opening = null;
        }

        return Finish(segments, opening);
    }

    /// <summary>Writes the prompt of a conversation whose last message is the beginning of the reply (DeepSeek's "prefix": true).</summary>
    /// <param name="messages">The conversation; the last message is the assistant's. Where it has thoughts but no text, the reply continues the thoughts.</param>
    /// <param name="tools">Tools that the template describes.</param>
    /// <param name="thinking">Whether the model thinks first, for templates that tell apart; thoughts in the last message mean that it does.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="ArgumentException">The last message is not the assistant's, or calls tools.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, or is damaged.</exception>
    public ChatPrompt BuildContinuing(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement> tools, bool? thinking)
    {
        if (messages.ToArray() is not [.. var before, { Role: "assistant", ToolCalls.Count: 0 } last])
            throw new ArgumentException("Only an assistant's message without calls of tools can be continued; it must be the last one.", nameof(messages));
        string thoughts = last.ReasoningContent ?? "", text = last.Content ?? "";
        IReadOnlyList<TextSegment> start = Render(before, tools, thoughts.Length > 0 ? true : thinking);
        string? opening = Opening(start);
        List<TextSegment> segments = [.. start];
        if (thoughts.Length > 0)
        {
            if (opening is null) segments.Add(new TextSegment(opening = OpenReasoning, IsTemplate: true));
            segments.Add(new TextSegment(thoughts, IsTemplate: false));
        }

        if (text.Length == 0) return thoughts.Length == 0 ? Build(before, tools, thinking) : Finish(segments, opening);
        if (opening is not null) segments.Add(new TextSegment(opening.EndsWith('\n') ? RestOfEmptyReasoning : ReasoningParser.Close, IsTemplate: true));
        segments.Add(new TextSegment(text, IsTemplate: false));
        return Finish(segments, opening: null) with { ContinuesAnswer = true };
    }

    private ChatPrompt Finish(IReadOnlyList<TextSegment> segments, string? opening) => new(Encode(segments), opening is not null) { Opening = opening };

    private IReadOnlyList<TextSegment> Render(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement> tools, bool? thinking) => _template.Render(new ChatTemplateInput
    {
        Messages = messages,
        Tools = tools,
        BeginningOfText = _beginningOfText,
        EndOfText = _endOfSentence,
        Variables = thinking is { } value ? Switches(value ? True : False) : new Dictionary<string, JsonElement>(),
    }).Segments;

    /// <summary>Templates call the switch by either name: Qwen3 "enable_thinking", DeepSeek-V3.1 "thinking".</summary>
    private static Dictionary<string, JsonElement> Switches(JsonElement value) => new() { ["enable_thinking"] = value, ["thinking"] = value };

    /// <summary>The opening tag that a prompt ends with, and what follows it; null where there is none.</summary>
    private static string? Opening(IReadOnlyList<TextSegment> segments)
    {
        if (segments is not [.., { IsTemplate: true, Text: var end }]) return null;
        int open = end.LastIndexOf(ReasoningParser.Open, StringComparison.Ordinal);
        return open >= 0 && end.IndexOf(ReasoningParser.Close, open, StringComparison.Ordinal) < 0 ? end[open..] : null;
    }

    private int[] Encode(IReadOnlyList<TextSegment> segments)
    {
        List<int> tokens = [];
        foreach (PromptPart part in _splitter.Split(segments))
        {
            if (part.IsSpecial) tokens.Add(_tokenizer.FindToken(part.Text)!.Value);
            else tokens.AddRange(_tokenizer.EncodePlain(part.Text, isFirst: tokens.Count == 0));
        }

        // Templates write the token themselves, or leave it to the tokenizer.
        if (_tokenizer is { AddsBeginningOfText: true, BeginningOfText: { } beginning } && (tokens.Count == 0 || tokens[0] != beginning)) tokens.Insert(0, beginning);
        return [.. tokens];
    }

    private string SpellingOf(int token) => Encoding.UTF8.GetString(_tokenizer.TokenBytes(token));
}
