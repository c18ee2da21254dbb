using SeekSharp.Formats;
using SeekSharp.Inference;

namespace SeekSharp.Cli;

/// <summary>Opens models, with messages for people.</summary>
internal static class Models
{
    public static ModelFile Open(string path)
    {
        RequireExisting(path);
        return ModelFile.Open(path);
    }

    public static LanguageModel Load(string path, int threads, bool expand = false)
    {
        RequireExisting(path);
        return LanguageModel.Load(path, new LoadOptions { Threads = threads, ExpandToFloat32 = expand });
    }

    public static void RequireExisting(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new CommandException($"There is no file or folder '{path}'; give a GGUF file or a Hugging Face folder.");
    }
}
