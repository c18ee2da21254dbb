using System.CommandLine;
using SeekSharp.Inference;
using SeekSharp.Tokenizers;

namespace SeekSharp.Cli.Commands;

/// <summary>seek run: continues a text.</summary>
internal static class RunCommand
{
    private static readonly Argument<string?> Prompt = new("PROMPT")
    {
        Description = "Text to continue; without it, standard input is read (one line break at its end is dropped)",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<bool> Raw = CommonOptions.Flag("--raw", "Continue the prompt as it is, without a chat template");
    private static readonly Option<bool> Special = CommonOptions.Flag("--special", "Control tokens written in the prompt become those tokens");
    private static readonly Option<int> MaxTokens = CommonOptions.Integer("--max-tokens", "Most tokens to generate; default: until the model ends or the context is full", 0, int.MaxValue);
    private static readonly Option<float> Temperature = CommonOptions.Real("--temperature", "0 takes the most probable token each time", 0, 100, 0.6f);
    private static readonly Option<int> TopK = CommonOptions.Integer("--top-k", "Keep only this many of the most probable tokens; 0: all", 0, int.MaxValue, 0);
    private static readonly Option<float> TopP = CommonOptions.Real("--top-p", "Keep the fewest tokens that together are this probable", 1e-6f, 1, 0.95f);
    private static readonly Option<float> MinP = CommonOptions.Real("--min-p", "Keep tokens with this share of the highest probability", 0, 1, 0);
    private static readonly Option<long?> Seed = CommonOptions.Seed();
    private static readonly Option<string[]> Stop = new("--stop") { Description = "End in front of this text; may be given several times", HelpName = "TEXT" };
    private static readonly Option<int> Context = CommonOptions.Integer("--context", "Most tokens of prompt and continuation; default: 4096, or what --max-tokens needs", 1, 1 << 30);
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "run",
            "Continue a text",
            "seek run -m model.gguf --raw \"Once upon a time\"",
            "seek run -m model.gguf --raw --temperature 0 --max-tokens 100 \"The capital of France is\"",
            "cat story.txt | seek run -m model.gguf --raw --seed 1")
        {
            Prompt, Model, Raw, Special, MaxTokens, Temperature, TopK, TopP, MinP, Seed, Stop, Context, Cache, Threads,
        };
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
        using var model = Models.Load(path, parsed.GetValue(Threads));
        if (!parsed.GetValue(Raw) && model.ChatTemplate is not null)
            throw new CommandException($"{path} is a chat model and its template is not applied yet; add --raw to continue the prompt as it is.");
        var tokenizer = model.Tokenizer;
        int[] tokens = PromptTokens(tokenizer, prompt, parsed.GetValue(Special), path);
        int maxTokens = parsed.GetResult(MaxTokens) is null ? int.MaxValue : parsed.GetValue(MaxTokens);
        int context = ContextFor(tokens.Length, maxTokens, parsed.GetValue(Context), model.Config.ContextLength);
        var options = new GenerationOptions
        {
            MaxTokens = maxTokens,
            StopStrings = [.. (parsed.GetValue(Stop) ?? []).Where(stop => stop.Length > 0)],
            Sampling = new SamplerOptions
            {
                Temperature = parsed.GetValue(Temperature),
                TopK = parsed.GetValue(TopK),
                TopP = parsed.GetValue(TopP),
                MinP = parsed.GetValue(MinP),
                Seed = parsed.GetValue(Seed),
            },
        };

        using var engine = new Engine(model, new EngineOptions { Threads = parsed.GetValue(Threads), CacheType = parsed.GetValue(Cache) ?? CacheType.F16, CacheTokens = context });
        using var scheduler = new Scheduler(engine);
        await foreach (var piece in new TextGenerator(scheduler, tokenizer).Start(tokens, options, interrupt.Token)) await Console.Out.WriteAsync(piece.Text);
        // A pipe gets the continuation and nothing else.
        if (!Console.IsOutputRedirected) await Console.Out.WriteLineAsync();
        return ExitCodes.Success;
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
        int context = asked > 0 ? asked : usual;
        if (promptLength > context)
            throw new CommandException($"The prompt has {promptLength} tokens, more than the context of {context}; shorten it or raise --context (at most {most}).");
        return context;
    }
}
