using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Cli.Chat;
using SeekSharp.Weights;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek cache: what is kept of packed weights, so that models load fast.</summary>
internal static class CacheCommand
{
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");

    public static Command Create()
    {
        var list = new ExampleCommand("list", "List the models whose packed weights are kept", "seek cache list", "seek cache list --json") { Json };
        list.SetAction(List);
        var clear = new ExampleCommand("clear", "Delete all packed weights; models load slowly once after that", "seek cache clear");
        clear.SetAction(_ => Clear());
        return new ExampleCommand("cache", "List or delete packed weights, which make models load fast", "seek cache list", "seek cache clear") { list, clear };
    }

    private static int List(ParseResult parsed)
    {
        var cache = new PackedCache();
        var entries = cache.List();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, cache, entries));
        else if (entries.Count == 0) Console.Out.WriteLine($"No packed weights in {cache.Folder}.");
        else WriteTable(entries);
        return ExitCodes.Success;
    }

    private static int Clear()
    {
        var cache = new PackedCache();
        Console.Out.WriteLine($"Removed {Bytes.Describe(cache.Clear())} from {cache.Folder}.");
        return ExitCodes.Success;
    }

    private static void WriteTable(IReadOnlyList<PackedCacheEntry> entries)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("model", "size", "last used", "file");
        foreach (var entry in entries)
        {
            string date = entry.LastUsed.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            string[] cells = [ChatOutput.Printable(entry.ModelName), Bytes.Describe(entry.ByteCount), date, Path.GetFileName(entry.Path)];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static void WriteJson(Utf8JsonWriter writer, PackedCache cache, IReadOnlyList<PackedCacheEntry> entries)
    {
        writer.WriteString("folder", cache.Folder);
        writer.WriteStartArray("files");
        foreach (var entry in entries)
        {
            writer.WriteStartObject();
            writer.WriteString("model", entry.ModelName);
            writer.WriteString("path", entry.Path);
            writer.WriteNumber("bytes", entry.ByteCount);
            writer.WriteString("last_used", entry.LastUsed);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
