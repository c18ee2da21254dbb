using SeekSharp.Formats;
using SeekSharp.Hub;
using SeekSharp.Inference;
using SeekSharp.Weights;

namespace SeekSharp.Cli;

/// <summary>Opens models by path or by the name under which they were pulled.</summary>
internal static class Models
{
    private static string? s_folder;

    /// <summary>The pulled models.</summary>
    public static ModelStore Store => new(s_folder);

    /// <summary>Takes the folder of --store before the command runs; null: the user's own.</summary>
    public static void UseStore(string? folder) => s_folder = folder;

    public static ModelFile Open(string nameOrPath) => ModelFile.Open(Resolve(nameOrPath));

    /// <summary>Packed weights are kept between loads, unless --no-cache says otherwise.</summary>
    public static PackedCacheOptions? PackedCache { get; private set; } = new();

    public static void UsePackedCache(bool isUsed) => PackedCache = isUsed ? new PackedCacheOptions() : null;

    public static LanguageModel Load(string nameOrPath, int threads, bool expand = false, bool predicts = false, long weightMemory = 0)
    {
        string path = Resolve(nameOrPath);
        LanguageModel model = LanguageModel.Load(path, new LoadOptions
        {
            Threads = threads,
            ExpandToFloat32 = expand,
            LoadsPrediction = predicts,
            PackedCache = PackedCache,
            WeightMemory = weightMemory,
            Notice = Note,
        });
        if (!predicts || model.HasPrediction) return model;
        model.Dispose();
        throw NoPrediction(path);
    }

    public static CommandException NoPrediction(string path) => new($"{path} has no multi-token-prediction module to draft with; give --speculate ngram or none.");

    /// <summary>Says on standard error what does not keep a command from its work.</summary>
    public static void Note(string sentence) => Console.Error.WriteLine($"seek: {sentence}");

    /// <summary>The path of a model; what exists under the very path wins over names.</summary>
    public static string Resolve(string nameOrPath) => File.Exists(nameOrPath) || Directory.Exists(nameOrPath) ? nameOrPath : Store.Resolve(nameOrPath);

    public static void RequireExisting(string nameOrPath) => _ = Resolve(nameOrPath);
}
