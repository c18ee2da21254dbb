using System.Text.Json;
using SeekSharp.Templates;

namespace SeekSharp.Tests.Templates;

/// <summary>The vectors that tests/vectors/templates/generate.mjs makes.</summary>
internal static class Vectors
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Templates", "data");
    private static readonly Lazy<JsonElement[]> LanguageVectors = new(() => Read("language.json"));
    private static readonly Lazy<JsonElement[]> ConversationVectors = new(() => Read("conversations.json"));

    /// <summary>What "strftime_now" shows in the vectors.</summary>
    internal static readonly DateTimeOffset Now = new(2024, 7, 26, 13, 5, 9, TimeSpan.Zero);

    internal static JsonElement[] Language => LanguageVectors.Value;

    internal static JsonElement[] Conversations => ConversationVectors.Value;

    internal static bool HasTemplate(string name) => File.Exists(TemplatePath(name));

    internal static string ReadTemplate(string name) => File.ReadAllText(TemplatePath(name));

    internal static string? Expected(JsonElement vector) => vector.GetProperty("expected").GetString();

    internal static IReadOnlyDictionary<string, JsonElement> Variables(JsonElement vector) =>
        vector.GetProperty("variables").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value);

    internal static ChatTemplateInput ToInput(JsonElement vector) => new()
    {
        Messages = [.. vector.GetProperty("messages").EnumerateArray().Select(ToMessage)],
        Tools = [.. vector.GetProperty("tools").EnumerateArray()],
        AddGenerationPrompt = vector.GetProperty("generation").GetBoolean(),
        BeginningOfText = vector.GetProperty("bos").GetString()!,
        EndOfText = vector.GetProperty("eos").GetString()!,
        Variables = Variables(vector),
        Now = Now,
    };

    private static TemplateMessage ToMessage(JsonElement message) => new(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString())
    {
        ReasoningContent = message.TryGetProperty("reasoning", out JsonElement reasoning) ? reasoning.GetString() : null,
        ToolCalls = message.TryGetProperty("calls", out JsonElement calls) ? [.. calls.EnumerateArray().Select(ToCall)] : [],
    };

    private static TemplateToolCall ToCall(JsonElement call) => new(call.GetProperty("name").GetString()!, call.GetProperty("arguments").GetString()!)
    {
        Id = call.GetProperty("id").GetString(),
    };

    private static string TemplatePath(string name) => Path.Combine(Folder, "templates", name + ".jinja");

    private static JsonElement[] Read(string name) => [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name))).RootElement.EnumerateArray()];
}
