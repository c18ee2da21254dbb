using System.Text;
using System.Text.Json;
using SeekSharp.Formats;

namespace SeekSharp.Training.Runs;

/// <summary>metrics.jsonl: one object a step. A number that is not finite is null.</summary>
internal static class MetricsFile
{
    private const string Step = "step", ExpertLoad = "expert_load";

    /// <summary>One line, without its end.</summary>
    public static string ToJson(Metrics metrics)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber(Step, metrics.Step);
            foreach ((string name, double value) in metrics.Values)
            {
                if (double.IsFinite(value)) json.WriteNumber(name, value);
                else json.WriteNull(name);
            }

            if (metrics.ExpertLoad is { } load)
            {
                json.WriteStartArray(ExpertLoad);
                foreach (IReadOnlyList<long> layer in load)
                {
                    json.WriteStartArray();
                    foreach (long choices in layer) json.WriteNumberValue(choices);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads a file. What a killed process left of a last line is not taken for one.</summary>
    /// <param name="path">The file; where there is none, nothing was measured.</param>
    /// <exception cref="ModelFormatException">A line is not what <see cref="ToJson"/> writes.</exception>
    public static List<Metrics> Read(string path)
    {
        List<Metrics> all = [];
        if (!File.Exists(path)) return all;
        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
            if (lines[i].Length > 0) all.Add(Parse(path, i + 1, lines[i]));
        return all;
    }

    /// <summary>Replaces a file by the steps that count, so that a run that goes on from a checkpoint has one line per step.</summary>
    public static void Write(string path, IEnumerable<Metrics> all)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(string.Concat(all.Select(metrics => ToJson(metrics) + "\n")));
        using AtomicFile file = new(path, bytes.Length, overwrite: true);
        file.Write(bytes);
        file.Commit();
    }

    private static Metrics Parse(string path, int number, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            List<(string, double)> values = [];
            long step = 0;
            IReadOnlyList<IReadOnlyList<long>>? load = null;
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals(Step)) step = property.Value.GetInt64();
                else if (property.NameEquals(ExpertLoad))
                    load = [.. property.Value.EnumerateArray().Select(layer => (IReadOnlyList<long>)[.. layer.EnumerateArray().Select(choices => choices.GetInt64())])];
                else values.Add((property.Name, property.Value.ValueKind == JsonValueKind.Null ? double.NaN : property.Value.GetDouble()));
            }

            return new Metrics(step, values, load);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelFormatException($"{path}, line {number}: is not a line of metrics ({exception.Message}).", exception);
        }
    }
}
