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
    private const string EmptyReasoning = "<think>\n\n</think>\n\n", RestOfEmptyReasoning = "\n</think>\n\n";

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
        var input = new ChatTemplateInput
        {
            Messages = messages,
            Tools = tools,
            BeginningOfText = _beginningOfText,
            EndOfText = _endOfSentence,
            Variables = thinking is { } value ? Switches(value ? True : False) : new Dictionary<string, JsonElement>(),
        };
        IReadOnlyList<TextSegment> segments = _template.Render(input).Segments;
        bool opens = OpensReasoning(segments);
        if (thinking == false)
        {
            string? more = opens ? RestOfEmptyReasoning : NeedsEmptyReasoning ? EmptyReasoning : null;
            if (more is not null) segments = [.. segments, new TextSegment(more, IsTemplate: true)];
            opens = false;
        }

        return new ChatPrompt(Encode(segments), opens);
    }

    /// <summary>Templates call the switch by either name: Qwen3 "enable_thinking", DeepSeek-V3.1 "thinking".</summary>
    private static Dictionary<string, JsonElement> Switches(JsonElement value) => new() { ["enable_thinking"] = value, ["thinking"] = value };

    private static bool OpensReasoning(IReadOnlyList<TextSegment> segments)
    {
        if (segments is not [.., { IsTemplate: true, Text: var end }]) return false;
        int open = end.LastIndexOf(ReasoningParser.Open, StringComparison.Ordinal);
        return open >= 0 && end.IndexOf(ReasoningParser.Close, open, StringComparison.Ordinal) < 0;
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
