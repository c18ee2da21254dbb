using System.Text.Json;
using SeekSharp.Templates;

namespace SeekSharp.Training.Tasks;

/// <summary>Calls of tools as the chat template writes them: <c>&lt;tool_call&gt;{"name": "...", "arguments": {...}}&lt;/tool_call&gt;</c>.</summary>
internal static class ToolCallText
{
    public const string Open = "<tool_call>", Close = "</tool_call>";
    private const int Longest = 4096;

    /// <summary>Writes a call.</summary>
    public static string Write(TemplateToolCall call) => Open + Body(call) + Close;

    /// <summary>What stands between the tags.</summary>
    public static string Body(TemplateToolCall call) => $$"""{"name": "{{call.Name}}", "arguments": {{call.Arguments}}}""";

    /// <summary>Reads a reply that is one call and nothing else.</summary>
    /// <param name="text">A model's text: anything.</param>
    /// <param name="name">Name of the tool.</param>
    /// <param name="arguments">Its arguments, texts by name.</param>
    /// <returns>Whether it is one call whose arguments are texts.</returns>
    public static bool TryRead(string text, out string name, out Dictionary<string, string> arguments)
    {
        name = "";
        arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest.Length > Longest || !rest.StartsWith(Open, StringComparison.Ordinal) || !rest.EndsWith(Close, StringComparison.Ordinal)) return false;
        if (rest.Length < Open.Length + Close.Length) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(rest[Open.Length..^Close.Length].ToString());
            return ReadCall(document.RootElement, out name, arguments);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or a text with half a surrogate pair, which is only noticed when it is read.
            return false;
        }
    }

    private static bool ReadCall(JsonElement call, out string name, Dictionary<string, string> arguments)
    {
        name = "";
        if (call.ValueKind != JsonValueKind.Object || call.GetPropertyCount() != 2) return false;
        if (!call.TryGetProperty("name", out JsonElement given) || given.ValueKind != JsonValueKind.String) return false;
        if (!call.TryGetProperty("arguments", out JsonElement values) || values.ValueKind != JsonValueKind.Object) return false;
        name = given.GetString()!;
        foreach (JsonProperty argument in values.EnumerateObject())
        {
            if (argument.Value.ValueKind != JsonValueKind.String || !arguments.TryAdd(argument.Name, argument.Value.GetString()!)) return false;
        }

        return true;
    }
}
