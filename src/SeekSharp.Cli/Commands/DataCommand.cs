using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Cli.Data;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek data: what SeekSharp keeps on disk.</summary>
internal static class DataCommand
{
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };
    private static readonly Option<bool> All = CommonOptions.Flag("--all", "Erase everything in the list");

    public static Command Create()
    {
        var list = new ExampleCommand("list", "List what is kept on disk, where, and how much it is", "seek data list", "seek data list --json") { Json };
        list.SetAction(List);
        (string Name, Option<bool> Option)[] kinds = [.. DataInventory.Names.Select(name => (name, CommonOptions.Flag($"--{name}", $"Erase {DataInventory.Describe(name)}")))];
        var erase = new ExampleCommand("erase", "Erase what is kept on disk", "seek data erase --prefix-cache", "seek data erase --all --yes") { All, Yes };
        foreach (var (_, option) in kinds) erase.Add(option);
        erase.SetAction(parsed => Erase(parsed, kinds));
        return new ExampleCommand("data", "List or erase what SeekSharp keeps on disk", "seek data list", "seek data erase --all") { list, erase };
    }

    private static int List(ParseResult parsed)
    {
        var kept = DataInventory.All();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, kept));
        else WriteTable(kept);
        return ExitCodes.Success;
    }

    private static int Erase(ParseResult parsed, (string Name, Option<bool> Option)[] kinds)
    {
        bool all = parsed.GetValue(All);
        StoredData[] chosen = [.. DataInventory.All().Where(data => all || parsed.GetValue(kinds.First(kind => kind.Name == data.Name).Option))];
        if (chosen.Length == 0) throw new CommandException($"Say what to erase: --{string.Join(", --", DataInventory.Names)}, or --all.");
        if (!parsed.GetValue(Yes) && !IsConfirmed(chosen)) return ExitCodes.Error;
        foreach (var data in chosen) Console.Out.WriteLine($"Erased {data.Name}: {Bytes.Describe(data.Erase())} from {data.Folder}.");
        return ExitCodes.Success;
    }

    private static bool IsConfirmed(StoredData[] chosen)
    {
        string what = string.Join(", ", chosen.Select(data => data.Name));
        if (Console.IsInputRedirected || Console.IsOutputRedirected) throw new CommandException($"This would erase {what}; add --yes to do so.");
        return AnsiConsole.Confirm(Markup.Escape($"Erase {what} ({Bytes.Describe(chosen.Sum(data => data.Measure().Bytes))})?"), defaultValue: false);
    }

    private static void WriteTable(IReadOnlyList<StoredData> kept)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("what", "files", "size", "folder", "");
        foreach (var data in kept)
        {
            var (files, bytes) = data.Measure();
            string[] cells = [data.Name, files.ToString(CultureInfo.InvariantCulture), Bytes.Describe(bytes), data.Folder, DataInventory.Describe(data.Name)];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<StoredData> kept)
    {
        writer.WriteStartArray("data");
        foreach (var data in kept)
        {
            var (files, bytes) = data.Measure();
            writer.WriteStartObject();
            writer.WriteString("name", data.Name);
            writer.WriteString("folder", data.Folder);
            writer.WriteNumber("files", files);
            writer.WriteNumber("bytes", bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
