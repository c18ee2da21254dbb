using SeekSharp.Formats;
using SeekSharp.Inference;
using SeekSharp.Kernels;
using SeekSharp.Tokenizers;

namespace SeekSharp.Cli;

/// <summary>Opens models, with messages for people.</summary>
internal static class Models
{
    public static ModelFile Open(string path)
    {
        RequireExisting(path);
        return ModelFile.Open(path);
    }

    public static LanguageModel Load(string path, int threads, KernelLevel? level = null, bool expand = false)
    {
        RequireExisting(path);
        return LanguageModel.Load(path, new LoadOptions { Threads = threads, KernelLevel = level, ExpandToFloat32 = expand });
    }

    public static Tokenizer TokenizerOf(LanguageModel model, string path) =>
        model.Tokenizer ?? throw new CommandException($"{path} has no tokenizer, so that no text can go in or out; give token ids to 'seek logits'.");

    public static void RequireExisting(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new CommandException($"There is no file or folder '{path}'; give a GGUF file or a Hugging Face folder.");
    }
}
