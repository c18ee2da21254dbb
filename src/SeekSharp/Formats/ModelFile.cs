namespace SeekSharp.Formats;

/// <summary>A model on disk, opened for reading: its configuration, its tensors and what its tokenizer needs.</summary>
public abstract class ModelFile : IWeightSource, IDisposable
{
    /// <summary>Where the model lies.</summary>
    public abstract string Path { get; }

    /// <summary>The configuration, validated.</summary>
    public abstract ModelConfig Config { get; }

    /// <summary>All tensors, under the names that the file gives them.</summary>
    public abstract IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Bytes of all files of the model.</summary>
    public abstract long ByteCount { get; }

    /// <summary>The chat template (Jinja), where the file has one.</summary>
    public abstract string? ChatTemplate { get; }

    /// <summary>Opens a GGUF file (any part of a split one) or a Hugging Face folder.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <returns>The open model file.</returns>
    /// <exception cref="ModelFormatException">The file is not a model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file or folder.</exception>
    public static ModelFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return GgufFile.Open(path);
    }

    /// <inheritdoc/>
    public abstract Tensor? Find(string name, int? expert = null);

    /// <inheritdoc/>
    public virtual void Release(Tensor tensor) { }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Unmaps the file.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
