using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using SeekSharp.Cli.Chat;
using SeekSharp.Server.Security;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek keys: API keys of the server.</summary>
internal static class KeysCommand
{
    private const int LongestName = 100;

    private static readonly Option<string> KeyName = new("--name")
    {
        Description = "What to call the key in lists",
        HelpName = "NAME",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<int?> Requests = Limit("--requests-per-minute", "Most requests per minute; 0: no limit; default: the server's");
    private static readonly Option<int?> Tokens = Limit("--tokens-per-minute", "Most tokens of prompts and replies per minute; 0: no limit; default: the server's");
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Argument<string> Id = new("ID") { Description = "Id of a key, as 'seek keys list' shows it" };

    public static Command Create()
    {
        var create = new ExampleCommand("create", "Make a key and print it, once", "seek keys create", "seek keys create --name laptop --requests-per-minute 60") { KeyName, Requests, Tokens };
        create.SetAction(MakeKey);
        var list = new ExampleCommand("list", "List the keys: names and days, not the keys themselves", "seek keys list", "seek keys list --json") { Json };
        list.SetAction(List);
        var revoke = new ExampleCommand("revoke", "Revoke a key; a server that runs follows at once", "seek keys revoke 3f9a01c2b4d5") { Id };
        revoke.SetAction(Revoke);
        return new ExampleCommand("keys", "Make, list or revoke API keys of 'seek serve'", "seek keys create --name laptop", "seek keys list") { create, list, revoke };
    }

    private static int MakeKey(ParseResult parsed)
    {
        string name = parsed.GetRequiredValue(KeyName);
        if (name.Length > LongestName) throw new CommandException($"The name has {name.Length} characters; --name takes at most {LongestName}.");
        var store = new ApiKeyStore();
        var key = store.Create(name, parsed.GetValue(Requests), parsed.GetValue(Tokens));
        Console.Out.WriteLine(key);
        Console.Error.WriteLine($"seek: Keep it now: only its hash is kept, in {store.Folder}. Revoke it with 'seek keys revoke {key.Id}'.");
        return ExitCodes.Success;
    }

    private static int List(ParseResult parsed)
    {
        var store = new ApiKeyStore();
        var keys = store.List();
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, store, keys));
        else if (keys.Count == 0) Console.Out.WriteLine($"No keys in {store.Folder}; make one with 'seek keys create'.");
        else WriteTable(store, keys);
        return ExitCodes.Success;
    }

    private static int Revoke(ParseResult parsed)
    {
        string id = parsed.GetRequiredValue(Id);
        if (ApiKeyText.TryParse(id, out var key)) id = key.Value.Id; // who has the whole key need not look for its id
        if (!new ApiKeyStore().Revoke(id)) throw new CommandException("There is no such key; 'seek keys list' shows their ids.");
        Console.Out.WriteLine($"Revoked {id}.");
        return ExitCodes.Success;
    }

    private static void WriteTable(ApiKeyStore store, IReadOnlyList<ApiKey> keys)
    {
        var table = new Table { Border = TableBorder.Markdown };
        table.AddColumns("id", "name", "made", "last used", "requests/min", "tokens/min");
        foreach (var key in keys)
        {
            string[] cells = [key.Id, ChatOutput.Printable(key.Name), Day(key.Created), store.LastUsed(key.Id) is { } day ? Day(day) : "never", Describe(key.RequestsPerMinute), Describe(key.TokensPerMinute)];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = ListCommand.WidthOfPipes;
        AnsiConsole.Write(table);
    }

    private static void WriteJson(Utf8JsonWriter writer, ApiKeyStore store, IReadOnlyList<ApiKey> keys)
    {
        writer.WriteString("folder", store.Folder);
        writer.WriteStartArray("keys");
        foreach (var key in keys)
        {
            writer.WriteStartObject();
            writer.WriteString("id", key.Id);
            writer.WriteString("name", key.Name);
            writer.WriteString("created", Day(key.Created));
            if (store.LastUsed(key.Id) is { } day) writer.WriteString("last_used", Day(day));
            if (key.RequestsPerMinute is { } requests) writer.WriteNumber("requests_per_minute", requests);
            if (key.TokensPerMinute is { } tokens) writer.WriteNumber("tokens_per_minute", tokens);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Describe(int? limit) => limit switch
    {
        null => "server's",
        0 => "no limit",
        _ => limit.Value.ToString(CultureInfo.InvariantCulture),
    };

    private static Option<int?> Limit(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value)) return value;
            result.AddError($"{name} must be a whole number, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };
}
