using System.Text.Json;

namespace SeekSharp.Planning.Serving;

/// <summary>Reads loads of experts from JSON.</summary>
internal static class ExpertLoads
{
    private const long LongestFile = 256L << 20;

    /// <summary>Reads [[90, 132, ...], ...]: a row for each layer, or one row for one layer. An object may have it as "weight" or "loads".</summary>
    /// <exception cref="PlanningException">The file is missing, too long or no such JSON.</exception>
    public static IReadOnlyList<float[]> Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > LongestFile) throw new PlanningException($"{path} is longer than {LongestFile >> 20} MiB.");
            using JsonDocument document = JsonDocument.Parse(stream);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && (root.TryGetProperty("weight", out JsonElement inner) || root.TryGetProperty("loads", out inner))) root = inner;
            if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() == 0) throw NoLoads(path);
            return root[0].ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select((row, layer) => Row(path, row, layer))] : [Row(path, root, 0)];
        }
        catch (JsonException exception)
        {
            throw new PlanningException($"{path} is no JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PlanningException(exception.Message, exception);
        }
    }

    private static float[] Row(string path, JsonElement row, int layer)
    {
        if (row.ValueKind != JsonValueKind.Array) throw NoLoads(path);
        float[] loads = new float[row.GetArrayLength()];
        int at = 0;
        foreach (JsonElement load in row.EnumerateArray())
        {
            if (load.ValueKind != JsonValueKind.Number) throw new PlanningException($"{path}: load {at} of layer {layer} is {load.GetRawText()}, which is no number.");
            loads[at++] = load.TryGetInt64(out long whole) ? whole : (float)load.GetDouble(); // rounded once, as the original's float()
        }

        return loads;
    }

    private static PlanningException NoLoads(string path) => new($"{path} must have a row of numbers for each layer, such as [[90, 132, 40], [20, 107, 104]].");
}
