using System.CommandLine;
using System.Text;
using System.Text.Json;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>What commands share that measure models on a text file.</summary>
internal static class TextWindows
{
    private const int UsualContext = 512;

    public static Argument<string> File() => new("TEXTFILE") { Description = "Text in UTF-8; one line break at its end is dropped" };

    public static Option<int> Context() => CommonOptions.Integer("--context", "Tokens of a window", 4, 1 << 30, UsualContext);

    public static Option<int> Chunks() => CommonOptions.Integer("--chunks", "Most windows to read; default: all of the text", 1, int.MaxValue);

    public static Option<int> Stride() => CommonOptions.Integer(
        "--stride", "Tokens from window to window; the last N of each are scored; default: windows behind one another, the second half is scored", 1, 1 << 30);

    /// <summary>The text, cut as llama.cpp's tools cut their files.</summary>
    public static string Read(string path)
    {
        if (!System.IO.File.Exists(path)) throw new CommandException($"There is no text file '{path}'.");
        string text = System.IO.File.ReadAllText(path, Encoding.UTF8);
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    public static Engine CreateEngine(LanguageModel model, TextWindowOptions windows, CacheType? cache, int threads)
    {
        if (windows.Context > model.Config.ContextLength)
            throw new CommandException($"--context {windows.Context} is more than the model was made for; give at most {model.Config.ContextLength}.");
        return new Engine(model, new EngineOptions { Threads = threads, CacheType = cache ?? CacheType.F16, CacheTokens = windows.Context });
    }

    public static void WriteJson(Utf8JsonWriter writer, TextWindowOptions windows, PerplexityResult result)
    {
        writer.WriteNumber("context", windows.Context);
        writer.WriteNumber("stride", windows.Stride);
        writer.WriteNumber("chunks", result.Chunks);
        writer.WriteNumber("tokens", result.TextTokens);
        writer.WriteNumber("scored_tokens", result.ScoredTokens);
    }

    public static string Describe(TextWindowOptions windows, PerplexityResult result) => FormattableString.Invariant(
        $"{result.Chunks} windows of {windows.Context} tokens, {result.ScoredTokens} of the text's {result.TextTokens} tokens scored");
}
