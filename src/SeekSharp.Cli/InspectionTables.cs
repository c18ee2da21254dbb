using System.Globalization;
using SeekSharp.Formats;
using SeekSharp.Inference;
using Spectre.Console;

namespace SeekSharp.Cli;

/// <summary>An inspection for people.</summary>
internal static class InspectionTables
{
    private const int LongestValue = 80;

    public static void Write(Inspection inspection, bool listTensors)
    {
        Write("model", ["", ""], Overview(inspection));
        Write("parameters", ["", "count"], ParameterRows(inspection.Parameters));
        Write("metadata", ["key", "value"], inspection.Metadata.Select(entry => new[] { entry.Key, Shorten(entry.Value) }));
        Write("tensors by type", ["type", "tensors", "elements", "size"], inspection.Types.Select(group =>
            new[] { group.Type.ToString(), Number(group.Count), Number(group.Elements), Bytes.Describe(group.Bytes) }));
        if (listTensors) Write("tensors", ["name", "type", "shape", "size"], (inspection.File?.Tensors ?? []).Select(tensor =>
            new[] { tensor.Name, tensor.Type.ToString(), string.Join(" x ", tensor.Shape), Bytes.Describe(tensor.ByteCount) }));
        long available = MachineMemory.Available;
        Write($"memory for a context of {Number(inspection.Context)} tokens", ["stored as", "weights", "keys and values", "together", $"in {Bytes.Describe(available)}"], inspection.Needs.Select(need =>
            new[] { need.Weights, Bytes.Describe(need.WeightBytes), Bytes.Describe(need.CacheBytes), Bytes.Describe(need.Total), need.Fits(available) ? "fits" : "does not fit" }));
    }

    private static IEnumerable<string[]> Overview(Inspection inspection)
    {
        var config = inspection.Config;
        yield return ["name", config.Name];
        yield return ["architecture", config.Architecture.ToString()];
        if (inspection.File is { } file) yield return ["size", Bytes.Describe(file.ByteCount)];
        yield return ["layers", config.PredictionLayerCount > 0 ? $"{config.LayerCount} + {config.PredictionLayerCount} for multi-token prediction" : Number(config.LayerCount)];
        yield return ["hidden size", Number(config.HiddenSize)];
        yield return ["vocabulary", Number(config.VocabularySize)];
        yield return ["context", Number(config.ContextLength)];
        yield return ["attention", Attention(config)];
        yield return ["feed-forward", FeedForward(config)];
    }

    private static string Attention(ModelConfig config) => config.LatentAttention is { } latent
        ? $"latent, {config.HeadCount} heads, latent of {latent.KeyValueRank}, rotary part of {latent.RotaryDimension}"
        : $"grouped, {config.HeadCount} heads of {config.HeadDimension}, {config.KeyValueHeadCount} for keys and values";

    private static string FeedForward(ModelConfig config) => config.MixtureOfExperts is { } experts
        ? $"{experts.ExpertsPerToken} of {experts.ExpertCount} experts of width {experts.ExpertWidth}, {experts.SharedExpertCount} shared, first {experts.LeadingDenseLayers} layers dense ({config.FeedForwardSize})"
        : $"dense, width {config.FeedForwardSize}";

    private static IEnumerable<string[]> ParameterRows(ParameterCounts parameters)
    {
        yield return ["all", Number(parameters.Total)];
        yield return ["active per token, with embedding and head", Number(parameters.Active)];
        if (parameters.MultiTokenPrediction > 0) yield return ["multi-token prediction, not counted above", Number(parameters.MultiTokenPrediction)];
        yield return ["embedding", Number(parameters.Embedding)];
        yield return ["attention of a layer", Number(parameters.AttentionPerLayer)];
        if (parameters.Expert > 0) yield return ["one routed expert", Number(parameters.Expert)];
    }

    private static void Write(string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = columns.Any(column => column.Length > 0) };
        foreach (string column in columns) table.AddColumn(new TableColumn(new Text(column)));
        foreach (string[] row in rows) table.AddRow(row.Select(cell => new Text(Printable(cell))));
        if (table.Rows.Count == 0) return;
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(new Text(title + Environment.NewLine));
        AnsiConsole.Write(table);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Shorten(string value) => value.Length <= LongestValue ? value : string.Concat(value.AsSpan(0, LongestValue), "...");

    // A file must not be able to steer the terminal.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
