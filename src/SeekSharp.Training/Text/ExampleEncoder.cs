using SeekSharp.Chat;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Text;

/// <summary>
/// Turns problems and demonstrations into tokens. Prompts come out of the same code as in chat, so that what is learned is what will be seen.
/// Immutable: one
/// instance serves any number of threads.
/// </summary>
internal sealed class ExampleEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly PromptBuilder _prompts;
    private readonly int _closeThought, _end, _openCall, _closeCall;

    /// <summary>Prepares an encoder.</summary>
    /// <param name="tokenizer">A tokenizer with the special tokens of <see cref="SpecialTokens"/>.</param>
    /// <param name="template">The model's chat template.</param>
    /// <exception cref="ArgumentException">A special token is missing.</exception>
    public ExampleEncoder(Tokenizer tokenizer, ChatTemplate template)
    {
        _tokenizer = tokenizer;
        _prompts = new PromptBuilder(template, tokenizer);
        _closeThought = Find(SpecialTokens.CloseThought);
        _end = Find(SpecialTokens.EndOfText);
        _openCall = Find(ToolCallText.Open);
        _closeCall = Find(ToolCallText.Close);
    }

    /// <summary>The prompt of a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="thinks">Whether the model shall think first.</param>
    /// <param name="system">System message in front of the conversation, or null.</param>
    /// <returns>Its tokens, up to where the reply starts.</returns>
    public int[] EncodePrompt(Problem problem, bool thinks = true, string? system = null)
    {
        IReadOnlyList<TemplateMessage> messages = system is null ? problem.Messages : [new TemplateMessage("system", system), .. problem.Messages];
        return _prompts.Build(messages, problem.Tools, thinks).Tokens;
    }

    /// <summary>A problem and how it is solved.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="demonstration">The reply to learn.</param>
    /// <param name="thinks">Whether the model thinks first; if not, the thought is left out.</param>
    /// <param name="system">System message in front of the conversation, or null.</param>
    /// <returns>The example.</returns>
    public TrainingExample Encode(Problem problem, Demonstration demonstration, bool thinks = true, string? system = null)
    {
        List<int> tokens = [.. EncodePrompt(problem, thinks, system)];
        int start = tokens.Count;
        if (thinks)
        {
            Append(tokens, demonstration.Thought);
            tokens.Add(_closeThought);
        }

        Append(tokens, demonstration.Answer);
        foreach (TemplateToolCall call in demonstration.ToolCalls)
        {
            tokens.Add(_openCall);
            Append(tokens, ToolCallText.Body(call));
            tokens.Add(_closeCall);
        }

        tokens.Add(_end);
        return new([.. tokens], start, problem.Task);
    }

    /// <summary>Ordinary text, cut at <see cref="Spelled.Boundary"/>.</summary>
    private void Append(List<int> tokens, string text)
    {
        foreach (string part in text.Split(Spelled.Boundary, StringSplitOptions.RemoveEmptyEntries)) tokens.AddRange(_tokenizer.EncodePlain(part, isFirst: false));
    }

    private int Find(string spelling) =>
        _tokenizer.FindToken(spelling) ?? throw new ArgumentException($"The tokenizer has no token '{spelling}', which the chat format needs.");
}
