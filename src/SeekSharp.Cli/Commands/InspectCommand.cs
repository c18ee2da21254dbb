using System.CommandLine;
using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Commands;

/// <summary>seek inspect: what a model is and whether it fits.</summary>
internal static class InspectCommand
{
    private static readonly Argument<string> Model = new("FILE") { Description = "GGUF file (any part of a split one), Hugging Face folder, config.json alone, or name of a pulled model" };
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Option<bool> ListTensors = CommonOptions.Flag("--tensors", "List every tensor");
    private static readonly Option<int> Context = CommonOptions.Integer("--context", "Tokens to reckon the cache for; default: 4096, or the model's own context where that is less", 1, 1 << 30);
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "inspect",
            "Show what a model is: metadata, parameters, tensors, memory it needs",
            "seek inspect model.gguf",
            "seek inspect DeepSeek-V3/config.json --context 131072",
            "seek inspect model.gguf --json --tensors")
        {
            Model, Json, ListTensors, Context, Cache,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string path = Models.Resolve(parsed.GetRequiredValue(Model));
        using var file = HasWeights(path) ? ModelFile.Open(path) : null;
        var config = file?.Config ?? ModelConfigReader.Read(path);
        int context = parsed.GetValue(Context) is > 0 and var asked ? asked : Math.Min(4096, config.ContextLength);
        var cache = parsed.GetValue(Cache) ?? CacheType.F16;
        var inspection = new Inspection(path, config, file, context, cache);
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => InspectionJson.Write(writer, inspection, parsed.GetValue(ListTensors)));
        else InspectionTables.Write(inspection, parsed.GetValue(ListTensors));
        return ExitCodes.Success;
    }

    private static bool HasWeights(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path, "*.safetensors").Any()
        : !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
}
