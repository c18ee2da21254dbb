using System.CommandLine;
using SeekSharp.Hub;
using Spectre.Console;

namespace SeekSharp.Cli.Commands;

/// <summary>seek pull: gets a model from a hub.</summary>
internal static class PullCommand
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "owner/repository, with :QUANTISATION or :FILE where it holds several models",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Revision = new("--revision") { Description = "Branch, tag or commit", HelpName = "REV", DefaultValueFactory = _ => "main" };
    private static readonly Option<string?> Token = new("--token") { Description = "Access token for private and gated models; better kept with --login", HelpName = "TOKEN" };
    private static readonly Option<bool> Login = CommonOptions.Flag("--login", "Ask for an access token, or read it from a pipe, and keep it for this hub");
    private static readonly Option<Uri> Endpoint = CommonOptions.Endpoint();
    private static readonly Option<Uri> Proxy = CommonOptions.Address("--proxy", "Proxy to connect through; default: none");
    private static readonly Option<int> Connections = CommonOptions.Integer("--connections", "Parts of a file to transfer at the same time", 1, 16, 4);

    public static Command Create()
    {
        var command = new ExampleCommand(
            "pull",
            "Get a model from a hub",
            "seek pull owner/repository:Q4_K_M",
            "seek pull owner/repository:model-Q4_K_M.gguf --revision main",
            "seek pull owner/repository --store /big/disk",
            "seek pull --login < token.txt")
        {
            Name, Revision, Token, Login, Endpoint, Proxy, Connections,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var endpoint = parsed.GetRequiredValue(Endpoint);
        string? name = parsed.GetValue(Name);
        if (parsed.GetValue(Login)) await Console.Error.WriteLineAsync($"The token is kept in {TokenStore.Write(endpoint, AskForToken(endpoint))}");
        else if (name is null) throw new CommandException("No model is named; give one such as 'owner/repository:Q4_K_M'.");
        if (name is null) return ExitCodes.Success;

        var modelName = ModelName.Parse(name);
        using var interrupt = new Interrupt();
        using var client = new HubClient(new HubOptions
        {
            Endpoint = endpoint,
            Token = parsed.GetValue(Token) ?? TokenStore.Read(endpoint),
            Proxy = parsed.GetValue(Proxy),
            Connections = parsed.GetValue(Connections),
        });
        var progress = new PullProgress();
        try
        {
            var pull = Models.Store.PullAsync(client, modelName, parsed.GetRequiredValue(Revision), progress, interrupt.Token);
            await PullDisplay.ShowAsync(pull, progress);
            await Console.Out.WriteLineAsync((await pull).Path);
            return ExitCodes.Success;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"seek: interrupted; 'seek pull {name}' goes on from here.");
            return ExitCodes.Interrupted;
        }
    }

    private static string AskForToken(Uri endpoint)
    {
        if (Console.IsInputRedirected) return Console.In.ReadLine()?.Trim() ?? throw new CommandException("The pipe holds no token.");
        return AnsiConsole.Prompt(new TextPrompt<string>($"Access token for {Markup.Escape(endpoint.Authority)}:").Secret()).Trim();
    }
}
