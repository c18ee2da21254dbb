using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Hub;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek list: the pulled models.</summary>
internal static class ListCommand
{
    public const int WidthOfPipes = 500;
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");

    public static Command Create()
    {
        var command = new ExampleCommand("list", "List the pulled models", "seek list", "seek list --json --store /big/disk") { Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var store = Models.Store;
        var models = store.List();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, store, models));
        else if (models.Count == 0) Console.Out.WriteLine($"No models in {store.Folder}; get one with 'seek pull owner/repository:Q4_K_M'.");
        else WriteTable(models);
        return ExitCodes.Success;
    }

    private static void WriteTable(IReadOnlyList<StoredModel> models)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("name", "variant", "size", "pulled", "");
        foreach (var model in models)
        {
            string date = model.Pulled.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            string[] cells = [model.Name.ToString(), model.Name.Variant ?? "safetensors", Bytes.Describe(model.Size), date, model.IsComplete ? "" : "incomplete: pull it again"];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static void WriteJson(Utf8JsonWriter writer, ModelStore store, IReadOnlyList<StoredModel> models)
    {
        writer.WriteString("folder", store.Folder);
        writer.WriteStartArray("models");
        foreach (var model in models)
        {
            writer.WriteStartObject();
            writer.WriteString("name", model.Name.ToString());
            writer.WriteString("variant", model.Name.Variant);
            writer.WriteString("path", model.Path);
            writer.WriteNumber("bytes", model.Size);
            writer.WriteString("revision", model.Revision);
            writer.WriteString("commit", model.Commit);
            writer.WriteString("pulled", model.Pulled);
            writer.WriteBoolean("complete", model.IsComplete);
            writer.WriteStartArray("files");
            foreach (var file in model.Files)
            {
                writer.WriteStartObject();
                writer.WriteString("name", file.Name);
                writer.WriteNumber("bytes", file.Size);
                writer.WriteString("hash", file.Hash.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
