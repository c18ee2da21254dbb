using System.Globalization;
using System.Text.RegularExpressions;

namespace SeekSharp.Formats;

/// <summary>A GGUF file, version 2 or 3, single or split into parts, mapped into memory.</summary>
/// <remarks>
/// The format: github.com/ggml-org/ggml/blob/master/docs/gguf.md. Files without tensors (a vocabulary alone) open as well;
/// <see cref="Config"/> is read when first asked for.
/// </remarks>
public sealed unsafe partial class GgufFile : ModelFile
{
    private readonly List<GgufPart> _parts;
    private readonly Dictionary<string, Tensor> _byName;
    private readonly Lazy<ModelConfig> _config;

    private GgufFile(string path, List<GgufPart> parts)
    {
        Path = path;
        _parts = parts;
        Metadata = parts[0].Metadata;
        Tensors = [.. parts.SelectMany(part => part.Tensors)];
        _byName = new Dictionary<string, Tensor>(Tensors.Count, StringComparer.Ordinal);
        foreach (Tensor tensor in Tensors)
            if (!_byName.TryAdd(tensor.Name, tensor)) throw new ModelFormatException($"{path}: tensor '{tensor.Name}' is there twice.");
        _config = new Lazy<ModelConfig>(() => GgufConfig.Read(this));
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <summary>Keys and values, those of the first part where the file is split.</summary>
    public GgufMetadata Metadata { get; }

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">The architecture is not supported, or a key is missing or wrong.</exception>
    public override ModelConfig Config => _config.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Tensors { get; }

    /// <inheritdoc/>
    public override long ByteCount => _parts.Sum(part => part.File.Length);

    /// <inheritdoc/>
    public override string? ChatTemplate => Metadata.TryGetString("tokenizer.chat_template", out string? template) ? template : null;

    /// <summary>Opens a GGUF file.</summary>
    /// <param name="path">The file, or any part of a split one.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="ModelFormatException">The file is damaged, or a part is missing.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static new GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<GgufPart> parts = [];
        try
        {
            parts.Add(GgufPart.Open(path));
            if (parts[0].SplitCount > 1) OpenOthers(path, parts);
            return new GgufFile(path, parts);
        }
        catch
        {
            foreach (GgufPart part in parts) part.File.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Tensor? Find(string name, int? expert = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_byName.TryGetValue(name, out Tensor? tensor) || expert is not { } index) return tensor;
        if (tensor.Shape.Count != 3) throw new ModelFormatException($"{Path}: tensor '{name}' does not hold one matrix per expert.");
        if (index < 0 || index >= tensor.Shape[0])
            throw new ModelFormatException($"{Path}: tensor '{name}' has {tensor.Shape[0]} experts, there is no expert {index}.");
        return tensor.Slice(index);
    }

    /// <inheritdoc/>
    public override void Release(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (GgufPart part in _parts)
            if (part.File.Contains(tensor.Data)) part.File.Release(tensor.Data, tensor.ByteCount);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (GgufPart part in _parts) part.File.Dispose();
    }

    /// <summary>Replaces the one part in <paramref name="parts"/> with all of them, in order.</summary>
    private static void OpenOthers(string path, List<GgufPart> parts)
    {
        GgufPart opened = parts[0];
        Match match = PartName().Match(System.IO.Path.GetFileName(path));
        if (!match.Success)
            throw new ModelFormatException($"{path}: a part of a split file must be named like 'name-00001-of-{opened.SplitCount:D5}.gguf'.");
        int count = int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        if (count != opened.SplitCount)
            throw new ModelFormatException($"{path}: the name says {count} parts, key 'split.count' says {opened.SplitCount}.");

        for (int number = 0; number < count; number++)
        {
            string name = $"{match.Groups["stem"].Value}-{number + 1:D5}-of-{count:D5}.gguf";
            string partPath = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", name);
            bool isOpened = number == opened.SplitNumber;
            if (!isOpened && !File.Exists(partPath))
                throw new ModelFormatException($"{path}: part {number + 1} of {count} is missing: '{partPath}'.");
            GgufPart part = isOpened ? opened : GgufPart.Open(partPath);
            if (isOpened) parts.RemoveAt(0);
            if (isOpened || number < opened.SplitNumber) parts.Insert(number, part);
            else parts.Add(part);
            if (part.SplitNumber != number || part.SplitCount != count)
                throw new ModelFormatException($"{partPath}: says it is part {part.SplitNumber + 1} of {part.SplitCount}.");
        }

        int tensors = parts.Sum(part => part.Tensors.Count);
        if (parts[0].Metadata.TryGetInt32("split.tensors.count", out int expected) && expected != tensors)
            throw new ModelFormatException($"{path}: the parts hold {tensors} tensors, key 'split.tensors.count' says {expected}.");
    }

    [GeneratedRegex(@"^(?<stem>.*)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
