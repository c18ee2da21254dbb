using System.Text.Json;
using System.Text.Json.Serialization;

namespace SeekSharp.Training.Recipes;

/// <summary>A chain of stages, from random weights to a model file. Read once, checked once.</summary>
internal sealed record Recipe
{
    /// <summary>Name of the model that comes out.</summary>
    public string Name { get; set; } = "model";

    /// <summary>Seed of everything that is drawn; each stage draws its own numbers.</summary>
    public long Seed { get; set; } = 1;

    /// <summary>Threads of LibTorch and of the engine; 0: one per core. Results of LibTorch depend on it in the last bits.</summary>
    public int Threads { get; set; }

    /// <summary>The stages, in order.</summary>
    public List<StageRecipe> Stages { get; set; } = [];

    /// <summary>Reads and checks a file: JSON with comments.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The recipe.</returns>
    /// <exception cref="RecipeException">The file is not there, is no JSON, has a setting that does not exist, or a value out of its range.</exception>
    public static Recipe Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"The recipe cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads and checks a text.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <param name="text">JSON with comments.</param>
    /// <returns>The recipe.</returns>
    /// <exception cref="RecipeException">As for <see cref="Read"/>.</exception>
    public static Recipe Parse(string source, string text)
    {
        Recipe recipe;
        try
        {
            recipe = JsonSerializer.Deserialize(text, RecipeJson.Default.Recipe) ?? throw new RecipeException($"{source}: is null, not a recipe.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new RecipeException($"{source}{Where(exception)}: {Explain(exception)}", exception);
        }

        recipe.Validate(source);
        return recipe;
    }

    /// <summary>The recipe with everything that it leaves out: what really ran.</summary>
    /// <returns>JSON.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, RecipeJson.Default.Recipe) + "\n";

    private void Validate(string source)
    {
        if (Stages.Count == 0) throw new RecipeException($"{source}: there are no stages; \"stages\" lists at least one.");
        RecipeCheck file = new(source, "");
        file.Name(Name, "name");
        file.Range(Threads, 0, 1024, "threads");
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < Stages.Count; i++)
        {
            RecipeCheck check = new(source, $"stages[{i}].");
            if (Stages[i] is null) throw new RecipeException($"{source}: stages[{i}] is null, not a stage.");
            check.Name(Stages[i].Name, "name");
            if (!names.Add(Stages[i].Name)) throw check.Wrong("name", $"is '{Stages[i].Name}', as that of another stage; give each its own");
            Stages[i].Validate(check);
        }
    }

    private static string Where(Exception exception) => exception is JsonException { LineNumber: { } line } ? $", line {line + 1}" : "";

    private static string Explain(Exception exception)
    {
        if (exception is not JsonException json) return "\"stage\" must be one of " + StageRecipe.Kinds + ".";
        string path = json.Path is { Length: > 2 } found ? found[2..] : "recipe";
        if (json.Message.Contains("could not be mapped", StringComparison.Ordinal)) return $"there is no setting '{path}'.";
        if (json.Message.Contains("discriminator", StringComparison.Ordinal)) return $"the \"stage\" of {path} must be one of {StageRecipe.Kinds}.";
        if (json.Message.Contains("null values", StringComparison.Ordinal)) return $"'{path}' must not be null.";
        return json.Message.Contains("could not be converted", StringComparison.Ordinal)
            ? $"'{path}' has a value of the wrong kind."
            : $"this is no JSON ({json.Message.Split(". ")[0].TrimEnd('.')}).";
    }
}

/// <summary>Reads and writes recipes without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowOutOfOrderMetadataProperties = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Recipe))]
internal sealed partial class RecipeJson : JsonSerializerContext;
