using System.Buffers.Binary;
using System.Security.Cryptography;

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
        if (Directory.Exists(path)) return HuggingFaceFolder.Open(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file or folder '{path}'.", path);
        if (System.IO.Path.GetExtension(path) is ".safetensors" or ".json")
            throw new ModelFormatException($"{path}: a model in Hugging Face's format is opened by its folder.");
        return GgufFile.Open(path);
    }

    /// <inheritdoc/>
    public abstract Tensor? Find(string name, int? expert = null);

    /// <inheritdoc/>
    public virtual void Release(Tensor tensor) { }

    /// <inheritdoc/>
    public virtual void Prefetch(Tensor tensor) { }

    /// <summary>Adds what tells this model from others: of each file length, time of the last change, and header.</summary>
    /// <param name="hash">A hash that has begun.</param>
    internal abstract void AppendIdentity(IncrementalHash hash);

    /// <summary>Adds what tells a mapped file from others.</summary>
    private protected static void AppendIdentity(IncrementalHash hash, MappedFile file, long headerLength)
    {
        Span<byte> numbers = stackalloc byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], File.GetLastWriteTimeUtc(file.Path).Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], headerLength);
        hash.AppendData(numbers);
        for (long at = 0; at < headerLength; at += 1 << 24) hash.AppendData(file.Span(at, (int)Math.Min(1 << 24, headerLength - at)));
    }

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
