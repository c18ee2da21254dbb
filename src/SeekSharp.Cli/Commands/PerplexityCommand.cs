using System.CommandLine;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Commands;

/// <summary>seek perplexity: how well a model predicts a text.</summary>
internal static class PerplexityCommand
{
    private static readonly Argument<string> TextFile = TextWindows.File();
    private static readonly Option<string> Model = CommonOptions.Model();
    private static readonly Option<int> Context = TextWindows.Context();
    private static readonly Option<int> Chunks = TextWindows.Chunks();
    private static readonly Option<int> Stride = TextWindows.Stride();
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "perplexity",
            "Measure how well a model predicts a text, counted as llama.cpp's tool counts",
            "seek perplexity -m model.gguf wiki.test.raw",
            "seek perplexity -m model.gguf --context 2048 --chunks 20 --json story.txt")
        {
            TextFile, Model, Context, Chunks, Stride, Json, Cache, Threads, CommonOptions.NoCache,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string text = TextWindows.Read(parsed.GetRequiredValue(TextFile)), path = parsed.GetRequiredValue(Model);
        var windows = new TextWindowOptions { Context = parsed.GetValue(Context), Chunks = parsed.GetValue(Chunks), Stride = parsed.GetValue(Stride) };
        using var interrupt = new Interrupt();
        using var model = Models.Load(path, parsed.GetValue(Threads));
        using var engine = TextWindows.CreateEngine(model, windows, parsed.GetValue(Cache), parsed.GetValue(Threads));
        PerplexityResult result;
        using (var display = new MeasurementDisplay("perplexity")) result = Perplexity.Measure(engine, text, windows, display, interrupt.Token);
        if (parsed.GetValue(Json))
        {
            JsonOutput.Write(writer =>
            {
                writer.WriteString("model", path);
                TextWindows.WriteJson(writer, windows, result);
                writer.WriteNumber("perplexity", result.Value);
                writer.WriteNumber("standard_error", result.StandardError);
            });
        }
        else
        {
            Console.Out.WriteLine(FormattableString.Invariant($"perplexity {result.Value:F4} ± {result.StandardError:F5}"));
            Console.Out.WriteLine(TextWindows.Describe(windows, result));
        }

        return ExitCodes.Success;
    }
}
