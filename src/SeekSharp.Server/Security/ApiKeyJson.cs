using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SeekSharp.Server.Security;

/// <summary>The file of an API key.</summary>
internal static class ApiKeyJson
{
    private const int HashBytes = 32, LongestName = 200;

    public static string Write(ApiKey key)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("id", key.Id);
            json.WriteString("name", key.Name);
            json.WriteString("created", key.Created.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteBase64String("salt", key.Salt);
            json.WriteBase64String("sha256", key.Hash);
            if (key.RequestsPerMinute is { } requests) json.WriteNumber("requests_per_minute", requests);
            if (key.TokensPerMinute is { } tokens) json.WriteNumber("tokens_per_minute", tokens);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <exception cref="IOException">It is no key's file, or another key's.</exception>
    public static ApiKey Read(byte[] bytes, string id, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement root = document.RootElement;
            ApiKey key = new(
                root.GetProperty("id").GetString() ?? "",
                root.GetProperty("name").GetString() ?? "",
                DateOnly.ParseExact(root.GetProperty("created").GetString() ?? "", "yyyy-MM-dd", CultureInfo.InvariantCulture),
                root.GetProperty("salt").GetBytesFromBase64(),
                root.GetProperty("sha256").GetBytesFromBase64(),
                Limit(root, "requests_per_minute"),
                Limit(root, "tokens_per_minute"));
            return key.Id == id && key.Hash.Length == HashBytes && key.Name.Length <= LongestName ? key : throw Damaged(path);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(path, exception);
        }
    }

    public static IOException Damaged(string path, Exception? cause = null) => new($"The key file {path} is damaged: delete it and make another key with 'seek keys create'.", cause);

    private static int? Limit(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) ? Math.Max(0, value.GetInt32()) : null;
}
