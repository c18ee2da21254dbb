using System.Text.Json;
using SeekSharp.Chat;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Json;
using SeekSharp.Templates;

namespace SeekSharp.Server.OpenAI;

/// <summary>Turns messages and tools of OpenAI's API into those of chat templates.</summary>
internal static class ConversationReader
{
    private const string Assistant = "assistant", System = "system", Tool = "tool", User = "user", Developer = "developer";

    /// <summary>Reads a conversation.</summary>
    /// <exception cref="ApiException">A message is malformed; the error names it.</exception>
    public static ChatRequest Read(ChatRequestMessage?[]? messages)
    {
        if (messages is not { Length: > 0 }) throw ApiException.Invalid("messages", "'messages' must have at least one message.");
        TemplateMessage[] read = [.. messages.Select(ReadMessage)];
        ForgetOldReasoning(read);
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i]!.Prefix == true && (i < messages.Length - 1 || read[i] is not { Role: Assistant, ToolCalls.Count: 0 }))
                throw ApiException.Invalid($"messages[{i}].prefix", "Only the last message can have 'prefix', and must be one of the assistant without calls.");
        }

        return new ChatRequest { Messages = read, ContinuesLastMessage = messages[^1]!.Prefix == true };
    }

    /// <summary>Reads the tools that the model may call.</summary>
    /// <exception cref="ApiException">A tool is malformed, or a call is demanded.</exception>
    public static IReadOnlyList<JsonElement> ReadTools(ToolDefinition?[]? tools, JsonElement? choice)
    {
        bool isOff = choice is { ValueKind: JsonValueKind.String } text && text.ValueEquals("none");
        bool isFree = choice is null or { ValueKind: JsonValueKind.Null } || (choice is { ValueKind: JsonValueKind.String } word && word.ValueEquals("auto"));
        if (!isOff && !isFree)
            throw ApiException.Unsupported("tool_choice", "'tool_choice' can be auto or none: a call cannot be demanded yet.");
        if (tools is null || isOff) return [];
        return [.. tools.Select(ReadTool)];
    }

    /// <summary>DeepSeek's rule: what was thought before the last message of the user is not shown to the model again.</summary>
    public static void ForgetOldReasoning(TemplateMessage[] messages)
    {
        int last = Array.FindLastIndex(messages, message => message.Role == User);
        for (int i = 0; i < last; i++)
            if (messages[i].ReasoningContent is not null) messages[i] = messages[i] with { ReasoningContent = null };
    }

    /// <summary>A tool as templates take it.</summary>
    public static JsonElement ToTemplate(ToolDefinition tool) => JsonSerializer.SerializeToElement(tool, ServerJson.Relaxed.ToolDefinition);

    private static TemplateMessage ReadMessage(ChatRequestMessage? message, int index)
    {
        string at = $"messages[{index}]";
        if (message is null) throw ApiException.Invalid(at, $"'{at}' must be an object.");
        string role = message.Role switch
        {
            System or User or Assistant or Tool => message.Role,
            Developer => System, // OpenAI's newer name, which templates do not know
            null => throw ApiException.Invalid($"{at}.role", $"'{at}' has no 'role'."),
            _ => throw ApiException.Invalid($"{at}.role", $"'{at}.role' must be system, user, assistant or tool."),
        };
        TemplateToolCall[] calls = role == Assistant ? [.. (message.ToolCalls ?? []).Select((call, i) => ReadCall(call, $"{at}.tool_calls[{i}]"))] : [];
        if (message.Content is null && role != Assistant) throw ApiException.Invalid($"{at}.content", $"'{at}' has no 'content'.");
        return new TemplateMessage(role, message.Content ?? (calls.Length > 0 ? null : ""))
        {
            ReasoningContent = role == Assistant ? message.ReasoningContent : null,
            ToolCalls = calls,
            ToolCallId = message.ToolCallId,
            Name = message.Name,
        };
    }

    private static TemplateToolCall ReadCall(ToolCall? call, string at)
    {
        if (call?.Function?.Name is not { Length: > 0 } name) throw ApiException.Invalid($"{at}.function.name", $"'{at}' has no 'function.name'.");
        return new TemplateToolCall(name, call.Function.Arguments ?? "{}") { Id = call.Id };
    }

    private static JsonElement ReadTool(ToolDefinition? tool, int index)
    {
        string at = $"tools[{index}]";
        if (tool is null) throw ApiException.Invalid(at, $"'{at}' must be an object.");
        if (tool.Type is not (null or "function")) throw ApiException.Unsupported($"{at}.type", $"'{at}.type' must be function: the model can call nothing else.");
        if (tool.Function?.Name is not { Length: > 0 }) throw ApiException.Invalid($"{at}.function.name", $"'{at}' has no 'function.name'.");
        if (tool.Function.Parameters is { ValueKind: not JsonValueKind.Null } schema) SchemaLimit.Require(schema, $"{at}.function.parameters");
        return ToTemplate(tool with { Type = "function" });
    }
}
