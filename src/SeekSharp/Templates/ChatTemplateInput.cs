using System.Text.Json;

namespace SeekSharp.Templates;

/// <summary>A call of a tool that an assistant made in an earlier turn.</summary>
/// <param name="Name">Name of the tool.</param>
/// <param name="Arguments">
/// Arguments as JSON text, normally an object. Templates see it as a mapping, and as this very text where they join it to other text (Qwen and
/// Llama templates want the former, DeepSeek's the latter). Text that is not a JSON object reaches them as text.
/// </param>
public sealed record TemplateToolCall(string Name, string Arguments)
{
    /// <summary>Identifier of the call, or null.</summary>
    public string? Id { get; init; }
}

/// <summary>One message of a conversation as chat templates see it.</summary>
/// <param name="Role">"system", "user", "assistant" or "tool".</param>
/// <param name="Content">The text. Null means that a message only calls tools; elsewhere it is the empty text.</param>
public sealed record TemplateMessage(string Role, string? Content)
{
    /// <summary>What an assistant thought before it answered ("reasoning_content"), or null.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>Tools that an assistant called.</summary>
    public IReadOnlyList<TemplateToolCall> ToolCalls { get; init; } = [];

    /// <summary>For a tool's result: the call it answers, or null.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>For a tool's result: name of the tool; elsewhere name of the speaker; or null.</summary>
    public string? Name { get; init; }
}

/// <summary>Everything that a chat template may look at. It has no other access to the outside.</summary>
public sealed record ChatTemplateInput
{
    /// <summary>The conversation, oldest first.</summary>
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }

    /// <summary>Tools that the model may call, each as <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>.</summary>
    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    /// <summary>Whether the prompt ends with the start of the assistant's turn. Default true.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Spelling of the token that starts a text ("bos_token"); special wherever the template writes it.</summary>
    public string BeginningOfText { get; init; } = "";

    /// <summary>Spelling of the token that ends a reply ("eos_token"); special wherever the template writes it.</summary>
    public string EndOfText { get; init; } = "";

    /// <summary>Further variables, such as "enable_thinking" (Qwen3) or "thinking" (DeepSeek-V3.1). Their texts are data, never special tokens.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>What "strftime_now" shows. Null: the local time.</summary>
    public DateTimeOffset? Now { get; init; }
}
