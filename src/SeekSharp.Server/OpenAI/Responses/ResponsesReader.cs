using System.Text.Json;
using SeekSharp.Chat;
using SeekSharp.Inference;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Models;
using SeekSharp.Server.Replies;
using SeekSharp.Templates;

namespace SeekSharp.Server.OpenAI.Responses;

/// <summary>Reads what a body of POST /v1/responses wants.</summary>
internal static class ResponsesReader
{
    private const string Assistant = "assistant";

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field has a value that it cannot have, or asks for what is not there yet.</exception>
    public static ConversationRequest Read(ResponsesRequest body, ModelRegistry models)
    {
        ModelChoice model = models.Find(body.Model);
        if (body.PreviousResponseId is not null)
            throw ApiException.Unsupported("previous_response_id", "'previous_response_id' names nothing here: responses are not stored. Send the conversation as a whole in 'input'.");
        if (body.Background == true) throw ApiException.Unsupported("background", "'background' must be false: replies are not computed in the background.");
        ChatCompletionReader.RequireText(body.Text?.Format?.Type, "text.format");
        ThinkingFields thinking = ThinkingFields.Read(model.Thinking, null, null, body.Reasoning?.Effort, "reasoning.effort");
        GenerationOptions options = new SamplingFields
        {
            Temperature = body.Temperature,
            TopP = body.TopP,
            MaxTokens = ("max_output_tokens", body.MaxOutputTokens),
            Stop = ("stop", null),
        }.Read();
        return new ConversationRequest(model, new ChatRequest
        {
            Messages = ReadMessages(body),
            Tools = ReadTools(body),
            Thinking = thinking.Thinks,
            Effort = thinking.Effort,
            Generation = options,
        });
    }

    private static TemplateMessage[] ReadMessages(ResponsesRequest body)
    {
        if (body.Input is not { Length: > 0 } items) throw ApiException.Invalid("input", "'input' must be a text or a list of at least one item.");
        List<TemplateMessage> read = [];
        if (body.Instructions is { } instructions) read.Add(new TemplateMessage("system", instructions));
        string? thoughts = null;
        for (int i = 0; i < items.Length; i++)
        {
            InputItem item = items[i];
            string at = $"input[{i}]";
            switch (item.Type)
            {
                case null or "message":
                    read.Add(new TemplateMessage(RoleOf(item, at), item.Content ?? throw ApiException.Invalid($"{at}.content", $"'{at}' has no 'content'.")) { ReasoningContent = Take(ref thoughts, item.Role) });
                    break;
                case "reasoning":
                    thoughts = item.Content;
                    break;
                case "function_call":
                    string name = item.Name ?? throw ApiException.Invalid($"{at}.name", $"'{at}' has no 'name'.");
                    AddCall(read, new TemplateToolCall(name, item.Arguments ?? "{}") { Id = item.CallId }, Take(ref thoughts, Assistant));
                    break;
                case "function_call_output":
                    read.Add(new TemplateMessage("tool", item.Output ?? throw ApiException.Invalid($"{at}.output", $"'{at}' has no 'output'.")) { ToolCallId = item.CallId });
                    break;
                default:
                    throw ApiException.Unsupported($"{at}.type", $"'{at}.type' must be message, reasoning, function_call or function_call_output.");
            }
        }

        TemplateMessage[] messages = [.. read];
        ConversationReader.ForgetOldReasoning(messages);
        return messages;
    }

    /// <summary>Calls in a row are those of one message.</summary>
    private static void AddCall(List<TemplateMessage> read, TemplateToolCall call, string? thoughts)
    {
        if (read is [.., { Role: Assistant, ToolCalls.Count: > 0 } last]) read[^1] = last with { ToolCalls = [.. last.ToolCalls, call] };
        else read.Add(new TemplateMessage(Assistant, null) { ToolCalls = [call], ReasoningContent = thoughts });
    }

    private static string RoleOf(InputItem item, string at) => item.Role switch
    {
        "developer" => "system",
        "system" or "user" or Assistant => item.Role,
        _ => throw ApiException.Invalid($"{at}.role", $"'{at}.role' must be system, developer, user or assistant."),
    };

    private static string? Take(ref string? thoughts, string? role)
    {
        string? taken = role == Assistant ? thoughts : null;
        thoughts = null;
        return taken;
    }

    private static IReadOnlyList<JsonElement> ReadTools(ResponsesRequest body) => ConversationReader.ReadTools(
        body.Tools?.Select(tool => tool is null ? null : new ToolDefinition
        {
            Type = tool.Type,
            Function = new FunctionDefinition { Name = tool.Name, Description = tool.Description, Parameters = tool.Parameters },
        }).ToArray(),
        body.ToolChoice);
}
