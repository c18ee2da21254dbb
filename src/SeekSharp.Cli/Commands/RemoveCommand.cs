using System.CommandLine;
using SeekSharp.Hub;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek remove: deletes a pulled model.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Name of a pulled model, as 'seek list' shows it" };
    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    public static Command Create()
    {
        var command = new ExampleCommand("remove", "Delete a pulled model", "seek remove owner/repository:Q4_K_M", "seek remove owner/repository:Q4_K_M --yes") { Name, Yes };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var store = Models.Store;
        var model = store.Find(parsed.GetRequiredValue(Name));
        if (!parsed.GetValue(Yes) && !IsConfirmed(model)) return ExitCodes.Error;
        store.Remove(model);
        Console.Out.WriteLine($"Removed {model.Name} ({Bytes.Describe(model.Size)}).");
        return ExitCodes.Success;
    }

    private static bool IsConfirmed(StoredModel model)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected) throw new CommandException($"{model.Name} would be deleted; add --yes to do so.");
        return AnsiConsole.Confirm(Markup.Escape($"Delete {model.Name} ({Bytes.Describe(model.Size)})?"), defaultValue: false);
    }
}
