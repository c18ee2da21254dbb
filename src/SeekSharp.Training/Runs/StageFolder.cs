using System.Globalization;
using System.Text;
using System.Text.Json;
using SeekSharp.Formats;
using SeekSharp.Training.Checkpoints;
using SeekSharp.Training.Recipes;

namespace SeekSharp.Training.Runs;

/// <summary>
/// The folder of one stage: "recipe.json" (what ran), "metrics.jsonl", "tensorboard/", "plots/", "samples.jsonl" and "samples.md", "checkpoints/", "model/"
/// (the result) and "done.json" (written last).
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class StageFolder(string path)
{
    private const int KeptCheckpoints = 2;

    public string Path => path;
    public string RecipeFile => In("recipe.json");
    public string MetricsFile => In("metrics.jsonl");
    public string TensorBoard => In("tensorboard");
    public string Plots => In("plots");
    public string SamplesFile => In("samples.jsonl");
    public string SamplesText => In("samples.md");
    public string Checkpoints => In("checkpoints");
    public string Model => In("model");

    /// <summary>Whether the stage came to its end.</summary>
    public bool IsDone => File.Exists(In("done.json"));

    /// <summary>Whether the stage was begun.</summary>
    public bool IsStarted => File.Exists(RecipeFile);

    /// <summary>A file of the folder.</summary>
    public string In(string name) => System.IO.Path.Combine(path, name);

    /// <summary>Makes the folder, or checks that what is there came of the same recipe.</summary>
    /// <exception cref="RecipeException">The stage was begun with other settings.</exception>
    public void Start(string recipe)
    {
        Directory.CreateDirectory(path);
        if (!IsStarted) WriteText(RecipeFile, recipe);
        else if (File.ReadAllText(RecipeFile) != recipe)
            throw new RecipeException($"'{path}' was begun with other settings ('{RecipeFile}'); run that recipe, take another --out, or delete the folder.");
        if (!Directory.Exists(Checkpoints)) return;
        // A killed process leaves what it was writing.
        foreach (string folder in Directory.GetDirectories(Checkpoints, "*" + AtomicFile.Suffix)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Notes that the stage came to its end.</summary>
    /// <param name="values">What came out, by name.</param>
    public void Finish(params ReadOnlySpan<(string Name, double Value)> values)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("finished", DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            foreach ((string name, double value) in values) json.WriteNumber(name, double.IsFinite(value) ? value : -1);
            json.WriteEndObject();
        }

        WriteText(In("done.json"), Encoding.UTF8.GetString(stream.ToArray()) + "\n");
    }

    /// <summary>Keeps the last checkpoints only.</summary>
    public void PruneCheckpoints() => Checkpoint.Prune(Checkpoints, KeptCheckpoints);

    /// <summary>Writes a text, complete or not at all.</summary>
    public static void WriteText(string file, string text) => WriteBytes(file, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a file, complete or not at all.</summary>
    public static void WriteBytes(string file, byte[] bytes)
    {
        using AtomicFile atomic = new(file, bytes.Length, overwrite: true);
        atomic.Write(bytes);
        atomic.Commit();
    }
}
