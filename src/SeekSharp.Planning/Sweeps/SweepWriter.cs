using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SeekSharp.Planning.Sweeps;

/// <summary>A sweep for programs: JSON and CSV, values in the units of their dimensions.</summary>
internal static class SweepWriter
{
    public static void WriteJson(Utf8JsonWriter writer, SweepTable table)
    {
        writer.WriteString("metric", table.Metric);
        writer.WriteStartArray("parameters");
        foreach (var (name, meaning, dimension) in table.Parameters)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("meaning", meaning);
            writer.WriteString("dimension", dimension.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("series");
        foreach (string name in table.Series) writer.WriteStringValue(name);
        writer.WriteEndArray();
        writer.WriteStartArray("points");
        foreach (SweepPoint point in table.Points)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("values");
            foreach (double value in point.Values) writer.WriteNumberValue(value);
            writer.WriteEndArray();
            writer.WriteStartArray("results");
            foreach (double? result in point.Results)
            {
                if (result is { } known) writer.WriteNumberValue(known);
                else writer.WriteNullValue();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (table.Problem is not null) writer.WriteString("problem", table.Problem);
    }

    public static string Csv(SweepTable table)
    {
        StringBuilder text = new();
        text.AppendJoin(',', table.Parameters.Select(parameter => Quoted(parameter.Name)).Concat(table.Series.Select(Quoted))).Append('\n');
        foreach (SweepPoint point in table.Points)
            text.AppendJoin(',', point.Values.Select(value => (double?)value).Concat(point.Results).Select(value => value?.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        return text.ToString();
    }

    private static string Quoted(string text) => text.Contains(',', StringComparison.Ordinal) || text.Contains('"', StringComparison.Ordinal)
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
