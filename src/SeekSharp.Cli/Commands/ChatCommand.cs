using System.CommandLine;
using System.Text;
using SeekSharp.Chat;
using SeekSharp.Cli.Chat;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Commands;

/// <summary>seek chat: talks with a model.</summary>
internal static class ChatCommand
{
    private const int UsualContext = 8192;

    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<string?> SystemMessage = new("--system") { Description = "System message in front of the conversation", HelpName = "TEXT" };
    private static readonly Option<bool> NoThink = CommonOptions.Flag("--no-think", "Answer without thinking first");
    private static readonly Option<string?> LoadFile = new("--load") { Description = "Go on from a conversation that /save wrote", HelpName = "FILE" };
    private static readonly Option<string?> History = new("--history") { Description = "Keep what is typed in this file, readable for you alone; default: in memory only", HelpName = "FILE" };
    private static readonly SamplingArguments Sampling = new();
    private static readonly Option<int> Context = CommonOptions.Integer("--context", $"Most tokens of the conversation; default: {UsualContext}, or what the model was made for", 1, 1 << 30);
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();
    private static readonly Option<bool> Force = CommonOptions.Flag("--force", "Load even what does not fit into memory");

    public static Command Create()
    {
        var command = new ExampleCommand(
            "chat",
            "Talk with a model",
            "seek chat -m model.gguf",
            "seek chat -m model.gguf --system \"Answer briefly.\" --temperature 0",
            "printf 'Name a colour.\\nAnother one.\\n' | seek chat -m model.gguf")
        {
            Model, SystemMessage, NoThink, LoadFile, History,
        };
        Sampling.AddTo(command);
        foreach (Option option in new Option[] { Context, Cache, Threads, CommonOptions.NoCache, MemoryLimit.Option, Force }) command.Options.Add(option);
        command.SetAction((parsed, _) => Run(parsed));
        return command;
    }

    private static async Task<int> Run(ParseResult parsed)
    {
        bool isTerminal = Terminal.IsInteractive;
        // Standard input in UTF-8, whatever the locale says.
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        ILineSource lines = isTerminal
            ? new LineEditor(new InputHistory(parsed.GetValue(History)))
            : new PlainLines(input, Console.IsInputRedirected ? null : Console.Out);
        var output = new ChatOutput(Console.Out, Console.Error, isTerminal, () => Terminal.Width);
        ChatFile? start = parsed.GetValue(LoadFile) is { } path ? ChatFile.Load(path) : null;

        var client = Open(parsed, Models.Resolve(parsed.GetRequiredValue(Model)));
        var session = new ChatSession(client, Sampling.Read(parsed), mayThink: !parsed.GetValue(NoThink)) { System = parsed.GetValue(SystemMessage) ?? start?.System };
        if (start is not null) session.Replace(start.Messages);
        try
        {
            var commands = new ChatCommands(session, output, file =>
            {
                // The old model stays until the new one is there.
                var other = Open(parsed, file);
                session.Client.Dispose();
                session.Client = other;
            });
            output.Remark($"{session.Client.ModelId}. /help lists the commands, Ctrl-D ends.");
            await new ChatLoop(session, new TurnReader(lines), output, commands).RunAsync();
        }
        finally
        {
            session.Client.Dispose();
        }

        return ExitCodes.Success;
    }

    private static int UsualContextOr(int asked) => asked > 0 ? asked : UsualContext;

    private static SeekChatClient Open(ParseResult parsed, string path)
    {
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        long weightMemory = parsed.GetValue(Force) ? 0 : MemoryLimit.ForWeights(path, parsed.GetValue(MemoryLimit.Option), cache, UsualContextOr(parsed.GetValue(Context)));
        long available = parsed.GetValue(Force) || weightMemory > 0 ? long.MaxValue : MachineMemory.Available;
        int context = MemoryCheck.Require(path, parsed.GetValue(Context), UsualContext, cache, available);
        using var display = new LoadDisplay(path);
        bool predicts = Sampling.Predicts(parsed);
        var client = new SeekChatClient(path, new SeekChatClientOptions
        {
            Threads = parsed.GetValue(Threads),
            CacheType = cache,
            ContextLength = context,
            PackedCache = Models.PackedCache,
            LoadsPrediction = predicts,
            WeightMemory = weightMemory,
            Progress = display,
            Notice = Models.Note,
        });
        if (!predicts || client.Model.HasPrediction) return client;
        client.Dispose();
        throw Models.NoPrediction(path);
    }
}
