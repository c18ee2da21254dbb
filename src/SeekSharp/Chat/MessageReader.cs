using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using SeekSharp.Templates;

namespace SeekSharp.Chat;

/// <summary>Turns messages and tools of Microsoft.Extensions.AI into those of chat templates.</summary>
internal static class MessageReader
{
    /// <summary>Reads a conversation.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="instructions">Put in front of the system message, or null.</param>
    /// <returns>The same for templates.</returns>
    /// <exception cref="NotSupportedException">A message has something other than text, reasoning, tool calls and tool results.</exception>
    public static IReadOnlyList<TemplateMessage> ReadMessages(IEnumerable<ChatMessage> messages, string? instructions)
    {
        List<TemplateMessage> read = [];
        foreach (ChatMessage message in messages) Add(message, read);
        if (string.IsNullOrEmpty(instructions)) return read;
        // Some templates take one system message only.
        if (read is [{ Role: "system" } system, ..]) read[0] = system with { Content = $"{instructions}\n\n{system.Content}" };
        else read.Insert(0, new TemplateMessage("system", instructions));
        return read;
    }

    /// <summary>Whether the last message is the beginning of the reply: one of the assistant with the additional property "prefix" = true.</summary>
    public static bool ContinuesLast(IReadOnlyList<ChatMessage> messages) =>
        messages is [.., { AdditionalProperties: { } more } last] && last.Role == ChatRole.Assistant && more.TryGetValue("prefix", out object? value)
            && value is true or JsonElement { ValueKind: JsonValueKind.True };

    /// <summary>Reads the tools of a request.</summary>
    /// <param name="options">The request's options.</param>
    /// <returns>Each tool as <c>{"type": "function", "function": {...}}</c>.</returns>
    /// <exception cref="NotSupportedException">A tool is not a function, or a call is demanded.</exception>
    public static IReadOnlyList<JsonElement> ReadTools(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode) return [];
        if (options.ToolMode is RequiredChatToolMode) throw new NotSupportedException("A call of a tool cannot be demanded yet; leave ChatOptions.ToolMode at Auto.");
        return [.. tools.Select(ReadTool)];
    }

    private static void Add(ChatMessage message, List<TemplateMessage> read)
    {
        StringBuilder? text = null, reasoning = null;
        List<TemplateToolCall> calls = [];
        int before = read.Count;
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextReasoningContent thought:
                    (reasoning ??= new StringBuilder()).Append(thought.Text);
                    break;
                case TextContent part:
                    (text ??= new StringBuilder()).Append(part.Text);
                    break;
                case FunctionCallContent call:
                    calls.Add(new TemplateToolCall(call.Name, ToJson(call.Arguments ?? new Dictionary<string, object?>())) { Id = call.CallId });
                    break;
                case FunctionResultContent result:
                    read.Add(new TemplateMessage(ChatRole.Tool.Value, TextOf(result.Result)) { ToolCallId = result.CallId });
                    break;
                case UsageContent:
                    break;
                default:
                    throw new NotSupportedException($"A message has content of the kind {content.GetType().Name}; the model reads text only.");
            }
        }

        bool onlyResults = read.Count > before && text is null && calls.Count == 0;
        if (onlyResults) return;
        read.Add(new TemplateMessage(RoleOf(message.Role), text?.ToString() ?? (calls.Count > 0 ? null : ""))
        {
            ReasoningContent = reasoning?.ToString(),
            ToolCalls = calls,
            Name = message.AuthorName,
        });
    }

    // OpenAI's newer name of the system's role is unknown to templates.
    private static string RoleOf(ChatRole role) => role == new ChatRole("developer") ? ChatRole.System.Value : role.Value;

    private static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
        _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object))),
    };

    private static string ToJson(IDictionary<string, object?> arguments) =>
        JsonSerializer.Serialize(arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));

    private static JsonElement ReadTool(AITool tool)
    {
        if (tool is not AIFunctionDeclaration function)
            throw new NotSupportedException($"The tool '{tool.Name}' is a {tool.GetType().Name}; a local model can call functions only.");
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "function");
            writer.WriteStartObject("function");
            writer.WriteString("name", function.Name);
            writer.WriteString("description", function.Description);
            writer.WritePropertyName("parameters");
            function.JsonSchema.WriteTo(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return JsonElement.Parse(stream.ToArray());
    }
}
