using SeekSharp.Formats;
using SeekSharp.Quantization;

namespace SeekSharp.Conversion;

/// <summary>Turns a Hugging Face folder into a GGUF file and back.</summary>
public static class ModelConverter
{
    /// <summary>
    /// Writes a folder as a GGUF file, with names, layout and keys as llama.cpp's converter gives them. FP8 weights are multiplied by their scales in float32 and
    /// rounded to nearest even. Prediction layers are left out, as llama.cpp does, unless <see cref="ConversionOptions.KeepsPrediction"/> is set.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="output">The file to write. It appears when it is complete.</param>
    /// <param name="type">How to store matrices; null: as the folder does, FP8 as bfloat16. Vectors and the router are float32.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Ends the work; nothing is left behind.</param>
    /// <exception cref="ModelFormatException">The folder is no model of a supported kind, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The output exists or cannot be written, or the disk has no room.</exception>
    public static void ToGguf(string folder, string output, FileType? type = null, ConversionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new ConversionOptions();
        using HuggingFaceFolder model = HuggingFaceFolder.Open(folder);
        InputGuard.RequireOutside(output, Directory.EnumerateFiles(folder));
        List<PlannedTensor> tensors = GgufTensorPlan.Create(model, options.KeepsPrediction);
        if (tensors.Count == 0) throw new ModelFormatException($"{folder}: the folder has no weights.");
        FileType fileType = type ?? TypeOf(MainType(model));
        using GgufWriter writer = new(output, options.Overwrite);
        ModelConfig config = options.KeepsPrediction ? model.Config : model.Config with { PredictionLayerCount = 0 };
        GgufConfigWriter.Write(writer, config, (uint)fileType);
        GgufTokenizerWriter.Write(writer, model);

        QuantizationRecipe recipe = new(fileType, config, tensors.Select(tensor => tensor.Name), options.Importance is not null, options.KeepOutput);
        List<TensorJob> jobs = [];
        foreach (PlannedTensor tensor in tensors)
        {
            TensorType target = recipe.Choose(tensor.Name, tensor.Shape, TensorType.F32);
            int matrices = tensor.Shape.Length < 3 ? 1 : tensor.Shape[0];
            jobs.Add(new TensorJob(tensor.Name, target, tensor.Shape, tensor.Source, options.Importance?.Find(tensor.Name, tensor.Source.Columns, matrices)));
        }

        TensorStream.Run(jobs, writer, options.ThreadCount, options.Progress, cancellation);
        writer.Complete();
    }

    /// <summary>
    /// Writes a GGUF file as a folder under Hugging Face's names: "config.json", the tokenizer rebuilt from the file's keys where it has one, and safetensors of at
    /// most 5 GB each.
    /// </summary>
    /// <param name="input">A GGUF file (any part of a split one).</param>
    /// <param name="output">The folder to write. It appears when it is complete.</param>
    /// <param name="type">
    /// How to store weights: F32, F16 or BF16; null: as the file does, quantised ones as bfloat16, and float32 vectors as the matrices where that loses nothing.
    /// </param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Ends the work; nothing is left behind.</param>
    /// <exception cref="ModelFormatException">The file is no model of a supported kind, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The output exists or cannot be written, or the disk has no room.</exception>
    public static void ToFolder(string input, string output, FileType? type = null, ConversionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        if (type is not (null or FileType.F32 or FileType.F16 or FileType.BF16)) throw new ArgumentException($"A folder cannot hold {type}.", nameof(type));
        options ??= new ConversionOptions();
        using GgufFile model = GgufFile.Open(input);
        InputGuard.RequireOutside(output, model.PartPaths);
        TensorType main = type is { } given ? Enum.Parse<TensorType>(given.ToString()) : MainType(model);
        using SafetensorsWriter writer = new(output, options.Overwrite);
        writer.AddText("config.json", HuggingFaceConfigWriter.Write(model.Config, main, input));
        foreach ((string name, string text) in HuggingFaceTokenizerWriter.Write(model)) writer.AddText(name, text);
        List<TensorJob> jobs = [.. FolderTensorPlan.Create(model).Select(tensor =>
            new TensorJob(tensor.Name, FolderTensorPlan.Choose(tensor, main, type is null), tensor.Shape, tensor.Source))];
        TensorStream.Run(jobs, writer, options.ThreadCount, options.Progress, cancellation);
        writer.Complete();
    }

    /// <summary>The type without blocks that most bytes of the matrices have; bfloat16 for FP8 and for quantised types.</summary>
    private static TensorType MainType(ModelFile model) => model.Tensors
        .Where(tensor => tensor.Shape.Count >= 2)
        .GroupBy(tensor => tensor.Type is TensorType.F32 or TensorType.F16 ? tensor.Type : TensorType.BF16)
        .MaxBy(group => group.Sum(tensor => tensor.ByteCount))?.Key ?? TensorType.F32;

    private static FileType TypeOf(TensorType type) => type switch
    {
        TensorType.F32 => FileType.F32,
        TensorType.F16 => FileType.F16,
        _ => FileType.BF16,
    };
}
