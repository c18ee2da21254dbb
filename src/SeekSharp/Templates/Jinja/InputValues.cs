using System.Text.Json;

namespace SeekSharp.Templates.Jinja;

/// <summary>What the application gives, as values of the language. All texts are data, but for the two tokens that the application vouches for.</summary>
internal static class InputValues
{
    private const int MaximumDepth = 100;
    private const long MessageWeight = 256;

    /// <summary>Size of the input; a message or call counts some characters of its own, since a template does much for each.</summary>
    internal static long CountCharacters(ChatTemplateInput input)
    {
        long count = input.Tools.Sum(tool => (long)tool.GetRawText().Length) + input.Variables.Sum(variable => (long)variable.Value.GetRawText().Length);
        foreach (TemplateMessage message in input.Messages)
        {
            count += MessageWeight + message.Role.Length + (message.Content?.Length ?? 0) + (message.ReasoningContent?.Length ?? 0);
            count += message.ToolCalls.Sum(call => MessageWeight + call.Name.Length + call.Arguments.Length);
        }

        return count;
    }

    internal static Scope ToScope(ChatTemplateInput input, Budget budget)
    {
        var scope = new Scope(null);
        try
        {
            foreach ((string name, JsonElement value) in input.Variables) scope.Set(name, ToValue(value, budget, 0));
            scope.Set("tools", input.Tools.Count == 0 ? NoneValue.Instance : new ListValue([.. input.Tools.Select(tool => ToValue(tool, budget, 0))]));
        }
        catch (InvalidOperationException)
        {
            throw budget.Fail("a tool or variable has a string with half of a surrogate pair");
        }

        scope.Set("messages", new ListValue([.. input.Messages.Select(message => ToValue(message, budget))]));
        scope.Set("add_generation_prompt", BooleanValue.Of(input.AddGenerationPrompt));
        scope.Set("bos_token", new TextValue(TemplateText.FromTemplate(input.BeginningOfText)));
        scope.Set("eos_token", new TextValue(TemplateText.FromTemplate(input.EndOfText)));
        return scope;
    }

    private static DictionaryValue ToValue(TemplateMessage message, Budget budget)
    {
        var value = new DictionaryValue();
        Set(value, "role", Data(message.Role));
        bool hasCalls = message.ToolCalls.Count > 0;
        Set(value, "content", message.Content is null && hasCalls ? NoneValue.Instance : Data(message.Content ?? ""));
        if (message.ReasoningContent is not null) Set(value, "reasoning_content", Data(message.ReasoningContent));
        if (hasCalls) Set(value, "tool_calls", new ListValue([.. message.ToolCalls.Select(call => ToValue(call, budget))]));
        if (message.ToolCallId is not null) Set(value, "tool_call_id", Data(message.ToolCallId));
        if (message.Name is not null) Set(value, "name", Data(message.Name));
        return value;
    }

    private static DictionaryValue ToValue(TemplateToolCall call, Budget budget)
    {
        var function = new DictionaryValue();
        Set(function, "name", Data(call.Name));
        Set(function, "arguments", ToArguments(call.Arguments, budget));
        var value = new DictionaryValue();
        if (call.Id is not null) Set(value, "id", Data(call.Id));
        Set(value, "type", Data("function"));
        Set(value, "function", function);
        return value;
    }

    private static Value ToArguments(string json, Budget budget)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return Data(json);
            var arguments = new DictionaryValue { JsonText = TemplateText.FromData(json) };
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                arguments.Set(TemplateText.FromData(property.Name), ToValue(property.Value, budget, 1));
            return arguments;
        }
        catch (Exception problem) when (problem is JsonException or ArgumentException or InvalidOperationException)
        {
            // What the model wrote is not JSON, or has halves of surrogate pairs: the template shows it as it is.
            return Data(json);
        }
    }

    private static Value ToValue(JsonElement element, Budget budget, int depth)
    {
        if (depth > MaximumDepth) throw budget.Fail("a tool or variable nests too deep");
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var dictionary = new DictionaryValue();
                foreach (JsonProperty property in element.EnumerateObject())
                    dictionary.Set(TemplateText.FromData(property.Name), ToValue(property.Value, budget, depth + 1));
                return dictionary;
            case JsonValueKind.Array:
                return new ListValue([.. element.EnumerateArray().Select(item => ToValue(item, budget, depth + 1))]);
            case JsonValueKind.String:
                return Data(element.GetString()!);
            case JsonValueKind.Number:
                return ToNumber(element);
            case JsonValueKind.True or JsonValueKind.False:
                return BooleanValue.Of(element.GetBoolean());
            case JsonValueKind.Null:
                return NoneValue.Instance;
            default:
                return new UndefinedValue("a value without JSON");
        }
    }

    /// <summary>An integer where it is written as one and fits, as in Python's json module; otherwise a float.</summary>
    private static Value ToNumber(JsonElement element) =>
        element.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 && element.TryGetInt64(out long integer)
            ? new IntegerValue(integer)
            : new FloatValue(element.GetDouble());

    private static TextValue Data(string text) => new(TemplateText.FromData(text));

    private static void Set(DictionaryValue value, string key, Value item) => value.Set(TemplateText.FromTemplate(key), item);
}
