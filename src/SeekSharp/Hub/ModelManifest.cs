using System.Globalization;
using System.Text;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Hub;

/// <summary>A file of a stored model.</summary>
/// <param name="Name">Its name in the model's folder.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">What its content hashed to when it was pulled.</param>
public sealed record StoredFile(string Name, long Size, ContentHash Hash);

/// <summary>What a model's folder holds, written when everything in it is whole and checked.</summary>
internal sealed record ModelManifest(ModelName Name, string Endpoint, string Revision, string Commit, DateTimeOffset Pulled, string? MainFile, IReadOnlyList<StoredFile> Files)
{
    public const string FileName = "seek-model.json";
    private const int LongestManifest = 1 << 24;

    public static void Write(string folder, ModelManifest manifest)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("name", manifest.Name.ToString());
            writer.WriteString("endpoint", manifest.Endpoint);
            writer.WriteString("revision", manifest.Revision);
            writer.WriteString("commit", manifest.Commit);
            writer.WriteString("pulled", manifest.Pulled.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteString("main_file", manifest.MainFile);
            writer.WriteStartArray("files");
            foreach (StoredFile file in manifest.Files)
            {
                writer.WriteStartObject();
                writer.WriteString("name", file.Name);
                writer.WriteNumber("size", file.Size);
                writer.WriteString("hash", file.Hash.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        AtomicFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>Reads the manifest of a folder; null where there is none or it is not one, so that the folder holds no model.</summary>
    public static ModelManifest? TryRead(string folder)
    {
        try
        {
            FileInfo file = new(Path.Combine(folder, FileName));
            if (!file.Exists || file.Length > LongestManifest) return null;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return Parse(document.RootElement);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException
            or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static ModelManifest? Parse(JsonElement root)
    {
        string Text(string key) => JsonFields.ToText(root.GetProperty(key)) ?? throw new FormatException(key);
        List<StoredFile> files = [];
        foreach (JsonElement entry in root.GetProperty("files").EnumerateArray())
        {
            string name = JsonFields.ToText(entry.GetProperty("name")) ?? "";
            ContentHash? hash = ContentHash.TryParse(JsonFields.ToText(entry.GetProperty("hash")) ?? "");
            long size = entry.GetProperty("size").GetInt64();
            if (!FileNames.IsSafe(name) || hash is null || size < 0) return null;
            files.Add(new StoredFile(name, size, hash));
        }

        string? mainFile = JsonFields.ToText(root.GetProperty("main_file"));
        if (mainFile is not null && files.All(file => file.Name != mainFile)) return null;
        return ModelName.TryParse(Text("name")) is { } modelName
            ? new ModelManifest(modelName, Text("endpoint"), Text("revision"), Text("commit"), DateTimeOffset.Parse(Text("pulled"), CultureInfo.InvariantCulture), mainFile, files)
            : null;
    }
}
