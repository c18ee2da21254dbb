using SeekSharp.Chat;
using SeekSharp.Templates;
using SeekSharp.Tokenizers;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Stages;

/// <summary>How problems become prompts of a model, and its tokens become replies: as in chat.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="template">Its chat template.</param>
internal sealed class Conversation(Tokenizer tokenizer, ChatTemplate template)
{
    private readonly PromptBuilder _prompts = new(template, tokenizer);

    /// <summary>The prompt of a problem.</summary>
    public ChatPrompt Prompt(Problem problem, bool thinks = true) => _prompts.Build(problem.Messages, problem.Tools, thinks);

    /// <summary>A reply as graders take it: an unfinished thought that was opened in the prompt is not taken for an answer.</summary>
    public string Reply(ChatPrompt prompt, Rollout rollout) =>
        (prompt.OpensReasoning ? ReasoningParser.Open : "") + tokenizer.Decode(rollout.Tokens, includeSpecial: false);
}
