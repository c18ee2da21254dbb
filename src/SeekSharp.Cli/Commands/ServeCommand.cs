using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SeekSharp.Inference;
using SeekSharp.Server;
using SeekSharp.Server.Errors;
using SeekSharp.Server.Models;
using SeekSharp.Server.Prices;

namespace SeekSharp.Cli.Commands;

/// <summary>seek serve: serves models to apps that speak DeepSeek's, OpenAI's or Anthropic's API.</summary>
internal static class ServeCommand
{
    private const int UsualQueue = 256, UsualMinutes = 10, GibibyteShift = 30, UsualCacheGibibytes = 8;

    private static readonly Option<string[]> ModelFiles = new("--model", "-m")
    {
        Description = "GGUF file, Hugging Face folder or name of a pulled model, or NAME=FILE to call it something else; may be given several times, the first one is the default",
        HelpName = "MODEL",
    };

    private static readonly Option<int> Port = CommonOptions.Integer("--port", "Port to listen on; 0 takes a free one", 0, 65_535, ServerOptions.DefaultPort);
    private static readonly Option<int> Context = CommonOptions.Integer("--context", "Tokens that all requests to a model together may hold; default: 16384, or what the model was made for", 1, 1 << 30);
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();
    private static readonly Option<string?> Prices = new("--prices") { Description = "What tokens cost here (docs/serving.md shows the file): usage then says what each reply cost", HelpName = "FILE" };
    private static readonly Option<int> Queue = CommonOptions.Integer("--queue", "Most requests of a model that wait; further ones get 429", 0, 1 << 20, UsualQueue);
    private static readonly Option<int> Minutes = CommonOptions.Integer("--time-limit", "Most minutes that a request takes, waiting included; 0: no limit", 0, 100_000, UsualMinutes);
    private static readonly Option<int> PrefixCache = CommonOptions.Integer(
        "--prefix-cache", "Most GiB of computed prompts kept on disk, for use after a restart; 0: none ('seek data erase' deletes them)", 0, 1 << 20, UsualCacheGibibytes);
    private static readonly Option<bool> Log = CommonOptions.Flag("--log", "Write a line per request to standard error: times and counts, never what was said");

    public static Command Create()
    {
        var command = new ExampleCommand(
            "serve",
            "Serve models to apps that speak DeepSeek's, OpenAI's or Anthropic's API",
            "seek serve -m model.gguf",
            "seek serve -m small=tiny.gguf -m large=big.gguf --port 9000",
            "curl http://127.0.0.1:8080/v1/chat/completions -H 'Content-Type: application/json' -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello!\"}]}'")
        {
            ModelFiles, Port, Context, Cache, Threads, Queue, Minutes, PrefixCache, Prices, Log,
        };
        ServerArguments.AddTo(command);
        command.Options.Add(CommonOptions.NoCache);
        command.Options.Add(MemoryLimit.Option);
        command.SetAction((parsed, _) => Run(parsed));
        return command;
    }

    private static async Task<int> Run(ParseResult parsed)
    {
        string[] named = parsed.GetValue(ModelFiles) ?? [];
        if (named.Length == 0) throw new CommandException("There is no model to serve: name one with -m, such as seek serve -m model.gguf.");
        using ILoggerFactory? log = parsed.GetValue(Log) ? CreateLog() : null;
        using PrefixStore? prefixes = OpenPrefixes(parsed.GetValue(PrefixCache));
        ServerOptions options = ServerArguments.Apply(
            new ServerOptions
            {
                Models = [.. named.Select(ReadModel)],
                Port = parsed.GetValue(Port),
                Threads = parsed.GetValue(Threads),
                ContextLength = parsed.GetValue(Context),
                CacheType = parsed.GetValue(Cache) ?? CacheType.F16,
                PackedCache = Models.PackedCache,
                MemoryLimit = parsed.GetValue(MemoryLimit.Option) ?? 0,
                Notice = Models.Note,
                Prices = parsed.GetValue(Prices) is { } path ? PriceTable.Load(path) : null,
                TimeLimit = parsed.GetValue(Minutes) is > 0 and var minutes ? TimeSpan.FromMinutes(minutes) : null,
                Scheduling = new SchedulerOptions { MaxWaiting = parsed.GetValue(Queue), PrefixStore = prefixes },
            },
            parsed,
            log);
        using var interrupt = new Interrupt();
        await using WebApplication app = SeekServer.Build(options);
        await app.StartAsync(interrupt.Token);
        Console.Out.WriteLine($"Listening on {app.Urls.Single()}. Ctrl-C stops.");
        await LoadFirst(app, options.Models[0], interrupt.Token);
        await WaitFor(interrupt.Token);
        Console.Error.WriteLine("Stopping ...");
        await app.StopAsync(CancellationToken.None);
        return ExitCodes.Success;
    }

    /// <summary>The default model is loaded before anybody asks, so that trouble with it is seen at once.</summary>
    private static async Task LoadFirst(WebApplication app, ServedModel model, CancellationToken cancellation)
    {
        try
        {
            long bytes;
            using (ModelLease lease = await app.Services.GetRequiredService<ModelRegistry>().RentAsync(model, cancellation)) bytes = lease.Model.Client.Model.WeightBytes;
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Name} is loaded ({Bytes.Describe(bytes)})."));
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C while it loads: the server stops as ever.
        }
        catch (ApiException exception)
        {
            throw new CommandException(exception.Message);
        }
    }

    private static async Task WaitFor(CancellationToken cancellation)
    {
        var stop = new TaskCompletionSource();
        using CancellationTokenRegistration registration = cancellation.Register(() => stop.TrySetResult());
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });
        await stop.Task;
    }

    private static ServedModel ReadModel(string text)
    {
        int sign = text.IndexOf('=', StringComparison.Ordinal);
        bool isNamed = sign > 0 && !File.Exists(text) && !Directory.Exists(text);
        string source = isNamed ? text[(sign + 1)..] : text, path = Models.Resolve(source);
        string name = isNamed ? text[..sign] : path == source ? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path)) : source;
        return new ServedModel(name, path);
    }

    private static PrefixStore? OpenPrefixes(int gibibytes) => gibibytes == 0
        ? null
        : new PrefixStore(new PrefixStoreOptions { Folder = ServerFolders.Prefixes, MaxBytes = (long)gibibytes << GibibyteShift, Notice = Models.Note });

    private static ILoggerFactory CreateLog() => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Information)
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "))
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
