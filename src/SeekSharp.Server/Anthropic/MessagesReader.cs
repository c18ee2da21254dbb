using System.Text.Json;
using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Server.Models;
using SeekSharp.Server.OpenAI;
using SeekSharp.Server.Replies;
using SeekSharp.Templates;

namespace SeekSharp.Server.Anthropic;

/// <summary>Reads what a body of POST /anthropic/v1/messages wants.</summary>
internal static class MessagesReader
{
    private const string User = "user", Assistant = "assistant";

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field has a value that it cannot have, or asks for what is not there yet.</exception>
    public static ReplyRequest Read(MessagesRequest body, ModelRegistry models)
    {
        ModelChoice model = models.Find(body.Model);
        if (body.MaxTokens is null) throw ApiException.Invalid("max_tokens", "'max_tokens' is missing.");
        ThinkingFields thinking = ThinkingFields.Read(
            model.Thinking, body.Thinking?.Type, body.Thinking?.BudgetTokens, null, "thinking");
        GenerationOptions options = new SamplingFields
        {
            Temperature = body.Temperature,
            TopP = body.TopP,
            TopK = body.TopK,
            MaxTokens = ("max_tokens", body.MaxTokens),
            Stop = ("stop_sequences", body.StopSequences),
        }.Read();
        TemplateMessage[] messages = ReadMessages(body);
        return new ConversationRequest(model, new ChatRequest
        {
            Messages = messages,
            Tools = ReadTools(body),
            Thinking = thinking.Thinks,
            // Anthropic's API goes on from a last message of the assistant.
            ContinuesLastMessage = messages[^1] is { Role: Assistant, ToolCalls.Count: 0 },
            Generation = options with { ReasoningBudget = thinking.Budget },
        });
    }

    private static TemplateMessage[] ReadMessages(MessagesRequest body)
    {
        if (body.Messages is not { Length: > 0 } turns) throw ApiException.Invalid("messages", "'messages' must have at least one message.");
        List<TemplateMessage> read = [];
        if (body.System is not null) read.Add(new TemplateMessage("system", TextOf(body.System, "system")));
        for (int i = 0; i < turns.Length; i++) AddTurn(turns[i], $"messages[{i}]", read);
        TemplateMessage[] messages = [.. read];
        ConversationReader.ForgetOldReasoning(messages);
        return messages;
    }

    private static void AddTurn(AnthropicTurn? turn, string at, List<TemplateMessage> read)
    {
        if (turn is null) throw ApiException.Invalid(at, $"'{at}' must be an object.");
        if (turn.Role is not (User or Assistant)) throw ApiException.Invalid($"{at}.role", $"'{at}.role' must be user or assistant.");
        if (turn.Content is null) throw ApiException.Invalid($"{at}.content", $"'{at}' has no 'content'.");
        List<string> texts = [], thoughts = [];
        List<TemplateToolCall> calls = [];
        int before = read.Count;
        for (int i = 0; i < turn.Content.Length; i++)
        {
            ContentBlock block = turn.Content[i];
            string here = $"{at}.content[{i}]";
            switch (block.Type)
            {
                case "text":
                    texts.Add(block.Text ?? throw ApiException.Invalid($"{here}.text", $"'{here}' has no 'text'."));
                    break;
                case "thinking" when turn.Role == Assistant:
                    thoughts.Add(block.Thinking ?? "");
                    break;
                case "redacted_thinking" when turn.Role == Assistant:
                    break;
                case "tool_use" when turn.Role == Assistant:
                    calls.Add(new TemplateToolCall(block.Name ?? throw ApiException.Invalid($"{here}.name", $"'{here}' has no 'name'."), block.Input?.GetRawText() ?? "{}") { Id = block.Id });
                    break;
                case "tool_result" when turn.Role == User:
                    read.Add(new TemplateMessage("tool", TextOf(block.Content ?? [], $"{here}.content")) { ToolCallId = block.ToolUseId });
                    break;
                default:
                    throw ApiException.Unsupported($"{here}.type", $"'{here}.type' cannot be used here: the model reads text, and calls of tools with their results.");
            }
        }

        if (read.Count > before && texts.Count == 0) return;
        read.Add(new TemplateMessage(turn.Role, texts.Count > 0 || calls.Count == 0 ? string.Concat(texts) : null)
        {
            ReasoningContent = thoughts.Count > 0 ? string.Concat(thoughts) : null,
            ToolCalls = calls,
        });
    }

    private static string TextOf(ContentBlock[] blocks, string at)
    {
        foreach (ContentBlock block in blocks)
            if (block is not { Type: "text", Text: not null }) throw ApiException.Unsupported(at, $"'{at}' can have blocks of text only.");
        return string.Concat(blocks.Select(block => block.Text));
    }

    private static IReadOnlyList<JsonElement> ReadTools(MessagesRequest body)
    {
        if (body.ToolChoice?.Type is not (null or "auto" or "none"))
            throw ApiException.Unsupported("tool_choice.type", "'tool_choice.type' can be auto or none: a call cannot be demanded yet.");
        if (body.Tools is null || body.ToolChoice?.Type == "none") return [];
        return [.. body.Tools.Select(ReadTool)];
    }

    private static JsonElement ReadTool(AnthropicTool? tool, int index)
    {
        string at = $"tools[{index}]";
        if (tool is null) throw ApiException.Invalid(at, $"'{at}' must be an object.");
        if (tool.Type is not (null or "custom")) throw ApiException.Unsupported($"{at}.type", $"'{at}.type' must be custom: this server has no tools of its own.");
        if (tool.Name is not { Length: > 0 }) throw ApiException.Invalid($"{at}.name", $"'{at}' has no 'name'.");
        if (tool.InputSchema is { } schema) SchemaLimit.Require(schema, $"{at}.input_schema");
        return ConversationReader.ToTemplate(new ToolDefinition
        {
            Type = "function",
            Function = new FunctionDefinition { Name = tool.Name, Description = tool.Description, Parameters = tool.InputSchema },
        });
    }
}
