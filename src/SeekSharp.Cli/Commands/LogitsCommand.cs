using System.CommandLine;
using SeekSharp.Inference;
using SeekSharp.Kernels;

namespace SeekSharp.Cli.Commands;

/// <summary>seek logits: what the model computes, as numbers.</summary>
internal static class LogitsCommand
{
    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<string> Tokens = new("--tokens") { Description = "Token ids, cut by spaces or commas", HelpName = "IDS", Required = true };
    private static readonly Option<string> Output = new("--output", "-o") { Description = "File to write: float32 [tokens, vocabulary] in NumPy's format", HelpName = "FILE", Required = true };
    private static readonly Option<int> Chunk = CommonOptions.Integer("--chunk", "Tokens in one forward pass", 1, 1 << 16, 512);
    private static readonly Option<bool> Expand = CommonOptions.Flag("--expand", "Expand quantised weights to float32 first: slow, the reference");
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<KernelLevel?> Level = CommonOptions.Level();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "logits",
            "Write the logits behind every token to a file",
            "seek logits -m model.gguf --tokens \"11 48 85\" --kv f32 -o logits.npy",
            "seek logits -m model.gguf --tokens 11,48,85 --chunk 1 --level scalar -o reference.npy")
        {
            Model, Tokens, Output, Chunk, Expand, Cache, Level, Threads, CommonOptions.NoCache,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        int[] tokens = TextInput.ParseTokens(parsed.GetRequiredValue(Tokens), "--tokens");
        using var model = Models.Load(parsed.GetRequiredValue(Model), parsed.GetValue(Threads), parsed.GetValue(Expand));
        int vocabulary = model.Config.VocabularySize;
        TextInput.RequireKnown(tokens, vocabulary);
        int chunk = Math.Min(parsed.GetValue(Chunk), tokens.Length);
        using var file = new NpyFile(parsed.GetRequiredValue(Output), tokens.Length, vocabulary);
        using var engine = new Engine(model, new EngineOptions
        {
            Threads = parsed.GetValue(Threads),
            KernelLevel = parsed.GetValue(Level),
            CacheType = parsed.GetValue(Cache) ?? CacheType.F16,
            CacheTokens = tokens.Length,
            MaxBatch = chunk,
        });
        using var sequence = engine.CreateSequence();
        var logits = new float[(long)chunk * vocabulary];
        for (int start = 0; start < tokens.Length; start += chunk)
        {
            var part = tokens.AsSpan(start, Math.Min(chunk, tokens.Length - start));
            var rows = logits.AsSpan(0, part.Length * vocabulary);
            engine.EvaluateAll(sequence, part, rows);
            file.Write(rows);
        }

        file.Complete();
        return ExitCodes.Success;
    }
}
