using System.CommandLine;
using SeekSharp.Conversion;
using SeekSharp.Quantization;

namespace SeekSharp.Cli.Commands;

/// <summary>seek quantize: stores a GGUF file with fewer bits per weight.</summary>
internal static class QuantizeCommand
{
    private static readonly Argument<string> Input = new("IN") { Description = "GGUF file (any part of a split one)" };
    private static readonly Argument<string> Output = new("OUT") { Description = "GGUF file to write; it appears when it is complete" };

    private static readonly Argument<FileType> Type = new("TYPE")
    {
        Description = $"One of {string.Join(", ", Enum.GetNames<FileType>())}; each tensor gets the type that llama.cpp would give it",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!int.TryParse(text, out _) && Enum.TryParse(text, ignoreCase: true, out FileType type)) return type;
            result.AddError($"TYPE must be one of {string.Join(", ", Enum.GetNames<FileType>())}, not '{text}'.");
            return default;
        },
    };

    private static readonly Option<int> Threads = CommonOptions.Threads();
    private static readonly Option<bool> Force = CommonOptions.Flag("--force", "Replace OUT if it exists");
    private static readonly Option<bool> KeepOutput = CommonOptions.Flag("--keep-output", "Leave the head (output.weight) as it is");

    private static readonly Option<string?> Importance = new("--imatrix")
    {
        Description = "Importance matrix of llama.cpp's tool 'imatrix' (GGUF or its older form): errors count where activations are large",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new ExampleCommand(
            "quantize",
            "Store a GGUF model with fewer bits per weight",
            "seek quantize model-BF16.gguf model-Q4_K_M.gguf Q4_K_M",
            "seek quantize model-BF16.gguf model-Q4_K_M.gguf Q4_K_M --imatrix imatrix.gguf")
        {
            Input, Output, Type, Importance, KeepOutput, Threads, Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string input = Models.Resolve(parsed.GetRequiredValue(Input)), output = parsed.GetRequiredValue(Output);
        if (Directory.Exists(input)) throw new CommandException($"'{input}' is a folder; make a GGUF file of it with 'seek convert' first.");
        Writing.RequireFree(output, parsed.GetValue(Force));
        var importance = parsed.GetValue(Importance) is { } path ? ImportanceMatrix.Read(path) : null;
        using var interrupt = new Interrupt();
        WriteProgress.Run(output, progress => ModelQuantizer.Quantize(
            input,
            output,
            parsed.GetValue(Type),
            new ConversionOptions
            {
                Threads = parsed.GetValue(Threads), Overwrite = parsed.GetValue(Force), Importance = importance, KeepOutput = parsed.GetValue(KeepOutput), Progress = progress,
            },
            interrupt.Token));
        return ExitCodes.Success;
    }
}
