using System.CommandLine;
using System.Text.Json;
using SeekSharp.Inference;

namespace SeekSharp.Cli.Commands;

/// <summary>seek diff: how far one model's predictions are from another's.</summary>
internal static class DiffCommand
{
    private static readonly (string Name, double Share)[] Percentiles = [("p999", 0.999), ("p99", 0.99), ("p95", 0.95), ("p90", 0.9), ("median", 0.5), ("p10", 0.1)];

    private static readonly Argument<string> Base = new("A") { Description = "The model to compare with: GGUF file, Hugging Face folder, or name of a pulled model" };
    private static readonly Argument<string> Other = new("B") { Description = "The other model, with the same vocabulary" };
    private static readonly Argument<string> TextFile = TextWindows.File();
    private static readonly Option<int> Context = TextWindows.Context();
    private static readonly Option<int> Chunks = TextWindows.Chunks();
    private static readonly Option<int> Stride = TextWindows.Stride();
    private static readonly Option<bool> Json = CommonOptions.Flag("--json", "Print JSON");
    private static readonly Option<CacheType?> Cache = CommonOptions.Cache();
    private static readonly Option<int> Threads = CommonOptions.Threads();

    public static Command Create()
    {
        var command = new ExampleCommand(
            "diff",
            "Compare two models' predictions on a text: divergence, agreement, perplexity",
            "seek diff model-F16.gguf model-Q4_K_M.gguf story.txt",
            "seek diff a.gguf b.gguf --chunks 20 --json story.txt")
        {
            Base, Other, TextFile, Context, Chunks, Stride, Json, Cache, Threads, CommonOptions.NoCache,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string text = TextWindows.Read(parsed.GetRequiredValue(TextFile));
        string first = parsed.GetRequiredValue(Base), second = parsed.GetRequiredValue(Other);
        int threads = parsed.GetValue(Threads);
        var windows = new TextWindowOptions { Context = parsed.GetValue(Context), Chunks = parsed.GetValue(Chunks), Stride = parsed.GetValue(Stride) };
        RequireRoom(first, second);
        using var interrupt = new Interrupt();
        using var baseModel = Models.Load(first, threads);
        using var otherModel = Models.Load(second, threads);
        using var baseEngine = TextWindows.CreateEngine(baseModel, windows, parsed.GetValue(Cache), threads);
        using var otherEngine = TextWindows.CreateEngine(otherModel, windows, parsed.GetValue(Cache), threads);
        ModelDifference difference;
        using (var display = new MeasurementDisplay("divergence"))
            difference = ModelComparison.Measure(baseEngine, otherEngine, text, windows, display, interrupt.Token);
        if (parsed.GetValue(Json)) JsonOutput.Write(writer => WriteJson(writer, first, second, windows, difference));
        else WriteText(windows, difference);
        return ExitCodes.Success;
    }

    /// <summary>Both models are in memory at once: better a sentence now than a machine that swaps.</summary>
    private static void RequireRoom(string first, string second)
    {
        long needed = WeightBytes(first) + WeightBytes(second), available = MachineMemory.Available;
        if (needed > available)
            throw new CommandException($"The two models need {Bytes.Describe(needed)} together, and {Bytes.Describe(available)} of memory are free; compare smaller ones.");
    }

    private static long WeightBytes(string path)
    {
        using var file = Models.Open(path);
        return file.Tensors.Sum(tensor => tensor.ByteCount);
    }

    private static void WriteText(TextWindowOptions windows, ModelDifference difference)
    {
        Line("divergence KL(A || B)", $"mean {difference.MeanDivergence:F6} ± {difference.MeanDivergenceError:F6}, max {difference.MaxDivergence:F6}");
        foreach (var (name, share) in Percentiles)
            Line(share == 0.5 ? "  median" : FormattableString.Invariant($"  {100 * share:0.#} %"), $"{difference.DivergencePercentile(share):F6}");
        Line("same most probable token", $"{100 * difference.TopAgreement:F2} %");
        Line("ln p(token) of B less A", $"{difference.LogProbabilityDifference:F6} ± {difference.LogProbabilityDifferenceError:F6}");
        Line("perplexity of A", $"{difference.Base.Value:F4} ± {difference.Base.StandardError:F5}");
        Line("perplexity of B", $"{difference.Other.Value:F4} ± {difference.Other.StandardError:F5}");
        Console.Out.WriteLine(TextWindows.Describe(windows, difference.Base));

        static void Line(string name, FormattableString value) => Console.Out.WriteLine($"{name,-26}{FormattableString.Invariant(value)}");
    }

    private static void WriteJson(Utf8JsonWriter writer, string first, string second, TextWindowOptions windows, ModelDifference difference)
    {
        writer.WriteString("base", first);
        writer.WriteString("other", second);
        TextWindows.WriteJson(writer, windows, difference.Base);
        writer.WriteStartObject("divergence");
        writer.WriteNumber("mean", difference.MeanDivergence);
        writer.WriteNumber("standard_error", difference.MeanDivergenceError);
        writer.WriteNumber("max", difference.MaxDivergence);
        foreach (var (name, share) in Percentiles) writer.WriteNumber(name, difference.DivergencePercentile(share));
        writer.WriteEndObject();
        writer.WriteNumber("top_agreement", difference.TopAgreement);
        writer.WriteNumber("log_probability_difference", difference.LogProbabilityDifference);
        writer.WriteNumber("log_probability_difference_error", difference.LogProbabilityDifferenceError);
        writer.WriteNumber("perplexity_base", difference.Base.Value);
        writer.WriteNumber("perplexity_base_error", difference.Base.StandardError);
        writer.WriteNumber("perplexity_other", difference.Other.Value);
        writer.WriteNumber("perplexity_other_error", difference.Other.StandardError);
    }
}
