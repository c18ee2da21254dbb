using System.CommandLine;
using SeekSharp.Conversion;
using SeekSharp.Quantization;

namespace SeekSharp.Cli.Commands;

/// <summary>seek convert: a Hugging Face folder to GGUF, or back.</summary>
internal static class ConvertCommand
{
    private static readonly Argument<string> Input = new("IN") { Description = "Hugging Face folder, or GGUF file (any part of a split one)" };
    private static readonly Argument<string> Output = new("OUT") { Description = "GGUF file to write where IN is a folder, else folder; it appears when it is complete" };

    private static readonly Option<FileType?> Type = CommonOptions.Choice(
        "--type",
        "How to store matrices; default: auto, as IN does (FP8 as bf16, quantised as bf16 in a folder)",
        [("auto", (FileType)(-1)), .. Enum.GetValues<FileType>().Select(type => (type.ToString().ToLowerInvariant(), type))]);

    private static readonly Option<bool> Prediction = CommonOptions.Flag("--mtp", "Keep multi-token-prediction layers in a GGUF file, for seek run --speculate mtp");
    private static readonly Option<int> Threads = CommonOptions.Threads();
    private static readonly Option<bool> Force = CommonOptions.Flag("--force", "Replace OUT if it exists, a folder with all that it holds");

    public static Command Create()
    {
        var command = new ExampleCommand(
            "convert",
            """
            Turn a Hugging Face folder into a GGUF file, or back. Names, layout and metadata are those of llama.cpp's converter; multi-token-prediction layers are
            left out of GGUF files, as it does, without --mtp. A folder's tokenizer files are rebuilt from the GGUF file's metadata.
            """.ReplaceLineEndings(" "),
            "seek convert DeepSeek-V3 DeepSeek-V3-BF16.gguf",
            "seek convert Qwen3-8B Qwen3-8B-Q8_0.gguf --type q8_0",
            "seek convert model.gguf model-folder")
        {
            Input, Output, Type, Prediction, Threads, Force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string input = Models.Resolve(parsed.GetRequiredValue(Input)), output = parsed.GetRequiredValue(Output);
        Writing.RequireFree(output, parsed.GetValue(Force));
        FileType? type = parsed.GetValue(Type) is { } chosen && Enum.IsDefined(chosen) ? chosen : null;
        bool isFolder = Directory.Exists(input);
        if (!isFolder && type is not (null or FileType.F32 or FileType.F16 or FileType.BF16))
            throw new CommandException($"A folder cannot hold {type}; give --type f32, f16, bf16 or auto.");
        using var interrupt = new Interrupt();
        WriteProgress.Run(output, progress =>
        {
            var options = new ConversionOptions
            {
                Threads = parsed.GetValue(Threads),
                Overwrite = parsed.GetValue(Force),
                KeepsPrediction = parsed.GetValue(Prediction),
                Progress = progress,
            };
            if (isFolder) ModelConverter.ToGguf(input, output, type, options, interrupt.Token);
            else ModelConverter.ToFolder(input, output, type, options, interrupt.Token);
        });
        return ExitCodes.Success;
    }
}
