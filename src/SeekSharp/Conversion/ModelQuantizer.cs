using SeekSharp.Formats;
using SeekSharp.Quantization;

namespace SeekSharp.Conversion;

/// <summary>Stores a GGUF model with fewer bits per weight.</summary>
public static class ModelQuantizer
{
    /// <summary>
    /// Writes a GGUF file whose tensors have the types that llama.cpp's quantiser would choose. Keys and order of tensors are as that program writes them; a file
    /// that is in parts becomes one. Memory stays small whatever the model's size.
    /// </summary>
    /// <param name="input">A GGUF file (any part of a split one).</param>
    /// <param name="output">The file to write. It appears when it is complete.</param>
    /// <param name="type">What the file shall be.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Ends the work; nothing is left behind.</param>
    /// <exception cref="ModelFormatException">The input is no model, is damaged, or does not fit the importance matrix.</exception>
    /// <exception cref="FileNotFoundException">There is no such input.</exception>
    /// <exception cref="IOException">The output exists, is the input, or cannot be written; or the disk has no room.</exception>
    public static void Quantize(
        string input, string output, FileType type, ConversionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new ConversionOptions();
        using GgufFile file = GgufFile.Open(input);
        InputGuard.RequireOutside(output, file.PartPaths);
        using GgufWriter writer = new(output, options.Overwrite);
        writer.CopyMetadata(file.Metadata);
        writer.Remove("general.quantization_version");
        writer.Remove("general.file_type");
        writer.Set("general.quantization_version", GgufConfigWriter.QuantizationVersion);
        writer.Set("general.file_type", (uint)type);

        QuantizationRecipe recipe = new(type, file.Config, file.Tensors.Select(tensor => tensor.Name), options.Importance is not null, options.KeepOutput);
        List<TensorJob> jobs = [];
        foreach (Tensor tensor in QuantizationRecipe.Order(file.Tensors, tensor => tensor.Name))
        {
            TensorType target = recipe.Choose(tensor.Name, tensor.Shape, tensor.Type);
            StoredTensor source = new(file, tensor);
            int matrices = tensor.Shape.Count < 3 ? 1 : source.Rows / tensor.Shape[^2];
            float[]? importance = target == tensor.Type ? null : options.Importance?.Find(tensor.Name, source.Columns, matrices);
            jobs.Add(new TensorJob(tensor.Name, target, [.. tensor.Shape], source, importance));
        }

        TensorStream.Run(jobs, writer, options.ThreadCount, options.Progress, cancellation);
        writer.Complete();
    }
}
