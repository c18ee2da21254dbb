using SeekSharp.Conversion;
using SeekSharp.Quantization;
using SeekSharp.Training.Recipes;
using SeekSharp.Training.Runs;

namespace SeekSharp.Training.Stages;

/// <summary>A trained model as a GGUF file, which every other command and llama.cpp run.</summary>
internal static class ModelExport
{
    /// <param name="model">A model folder, or the folder of a stage that made one.</param>
    /// <param name="output">The file; its folder must exist.</param>
    /// <param name="type">Types of its weights.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="cancellation">Ends the work; nothing is left behind.</param>
    /// <exception cref="RecipeException">The model is no folder.</exception>
    public static void Write(string model, string output, FileType type, int threads, bool overwrite, CancellationToken cancellation)
    {
        if (Directory.Exists(new StageFolder(model).Model)) model = new StageFolder(model).Model;
        if (!Directory.Exists(model)) throw new RecipeException($"'{model}' is not a folder with a trained model; a model file is converted by 'seek quantize'.");
        ModelConverter.ToGguf(model, output, type, new ConversionOptions { Threads = threads, Overwrite = overwrite }, cancellation);
    }
}
