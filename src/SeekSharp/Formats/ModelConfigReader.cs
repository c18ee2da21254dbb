namespace SeekSharp.Formats;

/// <summary>Reads a model's configuration without its weights.</summary>
public static class ModelConfigReader
{
    /// <summary>Reads the configuration of a model.</summary>
    /// <param name="path">A GGUF file, a Hugging Face folder, or a "config.json" alone (any file that ends with ".json").</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ModelFormatException">The file is not a model of a supported kind, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    public static ModelConfig Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            using ModelFile file = ModelFile.Open(path);
            return file.Config;
        }

        string configPath = isFolder ? Path.Combine(path, "config.json") : path;
        if (!File.Exists(configPath))
            throw isFolder ? new ModelFormatException($"{path}: the folder has no 'config.json'.") : new FileNotFoundException($"There is no file '{path}'.", path);
        if (new FileInfo(configPath).Length > 1 << 24) throw new ModelFormatException($"{configPath}: is too long for a configuration.");
        string name = isFolder
            ? Path.GetFileName(Path.TrimEndingDirectorySeparator(path))
            : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "";
        try
        {
            return HuggingFaceConfig.Read(configPath, File.ReadAllText(configPath), name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"{configPath}: the file cannot be read ({exception.Message}).", exception);
        }
    }
}
