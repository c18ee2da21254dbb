using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using SeekSharp.Chat;
using SeekSharp.Cli.Chat;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Cli.Commands;

/// <summary>seek run: answers one prompt, or continues a text.</summary>
internal static class RunCommand
{
    // What a template adds to a prompt: turn marks and a system message.
    private const int TemplateTokens = 512;

    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "What to answer or to continue; without it, standard input is read (one line break at its end is dropped)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<string?> SystemMessage = new("--system") { Description = "System message in front of the prompt", HelpName = "TEXT" };
    private static readonly Option<bool> Think = CommonOptions.Flag("--think", "Print thoughts on standard output, between <think> and </think>, not on standard error");
    private static readonly Option<bool> NoThink = CommonOptions.Flag("--no-think", "Answer without thinking first");
    private static readonly Option<bool> Raw = CommonOptions.Flag("--raw", "Continue the prompt as it is, without a chat template");
    private static readonly Option<bool> Special = CommonOptions.Flag("--special", "With --raw: control tokens written in the prompt become those tokens");
    private static readonly Option<bool> Stats = CommonOptions.Flag("--stats", "Print tokens, speed and drafts on standard error");
    private static readonly SamplingArguments Sampling = new();
    private static readonly Option<int> Context = CommonOptions.Integer("--context", "Most tokens of prompt and reply; default: 4096, or what the prompt and --max-tokens need", 1, 1 << 30);
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "run",
            "Answer a prompt, or continue a text",
            "seek run -m model.gguf \"Why is the sky blue?\"",
            "seek run -m model.gguf --system \"Answer in one word.\" --no-think \"Is water wet?\"",
            "seek run -m model.gguf --raw --temperature 0 --max-tokens 100 \"The capital of France is\"",
            "cat story.txt | seek run -m model.gguf --raw --seed 1")
        {
            Prompt, Model, SystemMessage, Think, NoThink, Raw, Special, Stats,
        };
        Sampling.AddTo(command);
        foreach (Option option in new Option[] { Context, Cache, Threads, CommonOptions.NoCache, MemoryLimit.Option }) command.Options.Add(option);
        command.SetAction(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetRequiredValue(Model);
        Models.RequireExisting(path);
        string? argument = parsed.GetValue(Prompt);
        string prompt = TextInput.Read(argument, "prompt");
        if (argument is null) prompt = TextInput.WithoutFinalLineBreak(prompt);

        using var interrupt = new Interrupt();
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        long weightMemory = MemoryLimit.ForWeights(path, parsed.GetValue(MemoryLimit.Option), cache, parsed.GetValue(Context));
        using var model = Models.Load(path, parsed.GetValue(Threads), predicts: Sampling.Predicts(parsed), weightMemory: weightMemory);
        var options = Sampling.Read(parsed);
        int[]? raw = parsed.GetValue(Raw) ? PromptTokens(model.Tokenizer, prompt, parsed.GetValue(Special), path) : null;
        int length = raw?.Length ?? model.Tokenizer.Encode(prompt).Count + TemplateTokens;
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = parsed.GetValue(Threads),
            CacheType = cache,
            CacheTokens = ContextFor(length, options.MaxTokens, parsed.GetValue(Context), model.Config.ContextLength),
        });
        using var scheduler = new Scheduler(engine);
        long start = Stopwatch.GetTimestamp();
        (long tokens, DraftCounts? drafts) = raw is not null
            ? await Continue(scheduler, raw, options, interrupt.Token)
            : await Answer(scheduler, prompt, options, parsed, interrupt.Token);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        // A pipe gets the text and nothing else.
        if (!Console.IsOutputRedirected) await Console.Out.WriteLineAsync();
        if (parsed.GetValue(Stats)) await Console.Error.WriteLineAsync(FormattableString.Invariant($"[{tokens} tokens in {seconds:F2} s with the prompt{DraftText.Of(drafts, tokens)}]"));
        if (model.ExpertCache is { } experts) Models.Note($"{MemoryLimit.Describe(experts)}.");
        return ExitCodes.Success;
    }

    private static async Task<(long Tokens, DraftCounts? Drafts)> Continue(Scheduler scheduler, int[] tokens, GenerationOptions options, CancellationToken cancellation)
    {
        if (tokens.Length > scheduler.Engine.CacheTokens)
            throw new CommandException(
                $"The prompt has {tokens.Length} tokens, more than the context of {scheduler.Engine.CacheTokens}; shorten it or raise --context (at most {scheduler.Engine.Model.Config.ContextLength}).");
        var generator = new TextGenerator(scheduler, scheduler.Engine.Model.Tokenizer);
        using var reply = generator.Start(tokens, options, cancellation);
        await foreach (var piece in reply) await Console.Out.WriteAsync(piece.Text);
        return (reply.TokenCount, reply.Drafts);
    }

    private static async Task<(long Tokens, DraftCounts? Drafts)> Answer(
        Scheduler scheduler, string prompt, GenerationOptions generation, ParseResult parsed, CancellationToken cancellation)
    {
        using var client = new SeekChatClient(scheduler);
        var options = new ChatOptions
        {
            Instructions = parsed.GetValue(SystemMessage),
            Reasoning = parsed.GetValue(NoThink) ? new ReasoningOptions { Effort = ReasoningEffort.None } : null,
            RawRepresentationFactory = _ => generation,
        };
        bool inOutput = parsed.GetValue(Think);
        var writer = new PlainReply(Console.Out, inOutput ? Console.Out : Console.Error, inOutput);
        UsageDetails? usage = null;
        await foreach (var update in client.GetStreamingResponseAsync(prompt, options, cancellation))
        {
            writer.Write(update);
            usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? usage;
        }

        writer.End();
        return (usage?.OutputTokenCount ?? 0, DraftUsage.Read(usage));
    }

    private static int[] PromptTokens(Tokenizer tokenizer, string prompt, bool parseSpecial, string path)
    {
        var tokens = tokenizer.Encode(prompt, parseSpecial);
        int? beginning = tokenizer.AddsBeginningOfText || tokens.Count == 0 ? tokenizer.BeginningOfText : null;
        if (beginning is { } first) return [first, .. tokens];
        if (tokens.Count == 0) throw new CommandException($"The prompt is empty, and {path} has no beginning-of-text token to start from; give a prompt.");
        return [.. tokens];
    }

    private static int ContextFor(int promptLength, int maxTokens, int asked, int most)
    {
        if (asked > most) throw new CommandException($"--context {asked} is more than the model was made for; give at most {most}.");
        int usual = (int)Math.Clamp((long)promptLength + (maxTokens == int.MaxValue ? 0 : maxTokens), Math.Min(4096, most), most);
        return asked > 0 ? asked : usual;
    }
}
