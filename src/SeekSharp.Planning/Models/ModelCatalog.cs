using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Planning.Models;

/// <summary>Published models by name, and any model by its file.</summary>
public static class ModelCatalog
{
    private static readonly Lazy<IReadOnlyList<(ModelShape Shape, string[] Names)>> Own = new(ReadOwn);

    /// <summary>The published models that come with this library.</summary>
    public static IReadOnlyList<ModelShape> Published { get; } = [.. Own.Value.Select(entry => entry.Shape)];

    /// <summary>Finds a model.</summary>
    /// <param name="nameOrPath">Name of a published model ("DeepSeek-V3", "v2-lite"), or path of a GGUF file, a Hugging Face folder or a "config.json".</param>
    /// <exception cref="PlanningException">There is no such model, or its file is damaged.</exception>
    public static ModelShape Find(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        string plain = NearNames.Plain(nameOrPath);
        foreach (var (shape, names) in Own.Value)
            if (names.Contains(plain)) return shape;
        return File.Exists(nameOrPath) || Directory.Exists(nameOrPath) ? Read(nameOrPath) : throw NotFound(nameOrPath);
    }

    private static ModelShape Read(string path)
    {
        try
        {
            ModelConfig config = ModelConfigReader.Read(path);
            return new ModelShape(config.Name.Length > 0 ? config.Name : Path.GetFileName(path), config, path);
        }
        catch (Exception exception) when (exception is ModelFormatException or IOException)
        {
            throw new PlanningException(exception.Message, exception);
        }
    }

    private static PlanningException NotFound(string name)
    {
        IReadOnlyList<string> nearest = NearNames.Nearest(name, Published.Select(shape => shape.Name), 3);
        return new PlanningException($"There is no model '{name}'; the nearest names are {string.Join(", ", nearest)}, and a GGUF file, a Hugging Face folder or a config.json will do.");
    }

    private static List<(ModelShape, string[])> ReadOwn()
    {
        using Stream stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream("SeekSharp.Planning.models.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        List<(ModelShape, string[])> models = [];
        foreach (JsonElement entry in document.RootElement.GetProperty("models").EnumerateArray())
        {
            string name = entry.GetProperty("name").GetString()!;
            ModelConfig config = HuggingFaceConfig.Read("models.json", entry.GetProperty("config").GetRawText(), name);
            IEnumerable<string> names = entry.GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()!).Prepend(name);
            models.Add((new ModelShape(name, config, entry.GetProperty("source").GetString()!), [.. names.Select(NearNames.Plain)]));
        }

        return models;
    }
}
