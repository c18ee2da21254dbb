using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace SeekSharp.Cli.Chat;

/// <summary>A conversation in a file: JSON with the system message and the turns.</summary>
/// <param name="System">The system message, or null.</param>
/// <param name="Messages">Questions and answers by turns.</param>
internal sealed record ChatFile(string? System, IReadOnlyList<ChatMessage> Messages)
{
    private const string Kind = "seeksharp-chat";
    private const int Version = 1;
    private const long MostBytes = 64 << 20;

    /// <summary>Writes a conversation. The file is there as a whole or not at all, and only its owner reads it.</summary>
    public void Save(string path)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, PrivateFile.Options(FileMode.CreateNew)))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Reads a conversation.</summary>
    /// <exception cref="CommandException">The file is not one that <see cref="Save"/> wrote.</exception>
    public static ChatFile Load(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MostBytes) throw new CommandException($"{path} is larger than any conversation ({Bytes.Describe(stream.Length)}).");
        try
        {
            using var document = JsonDocument.Parse(stream);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new CommandException($"{path} is not a conversation that /save wrote.");
        }
    }

    private void Write(Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteString("kind", Kind);
        writer.WriteNumber("version", Version);
        if (System is not null) writer.WriteString("system", System);
        writer.WriteStartArray("messages");
        foreach (ChatMessage message in Messages)
        {
            writer.WriteStartObject();
            writer.WriteString("role", message.Role.Value);
            string thoughts = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
            if (thoughts.Length > 0) writer.WriteString("reasoning", thoughts);
            writer.WriteString("content", message.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static ChatFile Read(JsonElement root)
    {
        if (root.GetProperty("kind").GetString() != Kind) throw new FormatException();
        if (root.GetProperty("version").GetInt32() != Version) throw new FormatException();
        List<ChatMessage> messages = [];
        foreach (JsonElement message in root.GetProperty("messages").EnumerateArray())
        {
            // Turns alternate: templates refuse anything else.
            string expected = messages.Count % 2 == 0 ? ChatRole.User.Value : ChatRole.Assistant.Value;
            if (message.GetProperty("role").GetString() != expected) throw new FormatException();
            string content = TextOf(message.GetProperty("content")), thoughts = message.TryGetProperty("reasoning", out JsonElement reasoning) ? TextOf(reasoning) : "";
            messages.Add(messages.Count % 2 == 0 ? new ChatMessage(ChatRole.User, content) : ChatSession.CreateAnswer(content, thoughts));
        }

        if (messages.Count % 2 != 0) throw new FormatException();
        return new ChatFile(root.TryGetProperty("system", out JsonElement system) ? TextOf(system) : null, messages);
    }

    private static string TextOf(JsonElement element) => element.GetString() ?? throw new FormatException();
}
