using System.Globalization;
using System.Security.Cryptography;
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

    /// <summary>Paths of all parts.</summary>
    internal IEnumerable<string> PartPaths => _parts.Select(part => part.File.Path);

    /// <summary>Opens a GGUF file.</summary>
    /// <param name="path">The file, or any part of a split one.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="ModelFormatException">The file is damaged, or a part is missing.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static new GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<GgufPart> opened = [];
        try
        {
            opened.Add(GgufPart.Open(path));
            return new GgufFile(path, opened[0].SplitCount > 1 ? OpenOthers(path, opened) : opened);
        }
        catch
        {
            foreach (GgufPart part in opened) part.File.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Tensor? Find(string name, int? expert = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.TryGetValue(name, out Tensor? tensor) && expert is { } index ? tensor.ExpertMatrix(index, Path) : tensor;
    }

    /// <inheritdoc/>
    public override void Release(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (GgufPart part in _parts)
            if (part.File.Contains(tensor.Data)) part.File.Release(tensor.Data, tensor.ByteCount);
    }

    /// <inheritdoc/>
    public override void Prefetch(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (GgufPart part in _parts)
            if (part.File.Contains(tensor.Data)) part.File.Prefetch(tensor.Data, tensor.ByteCount);
    }

    internal override void AppendIdentity(IncrementalHash hash)
    {
        foreach (GgufPart part in _parts) AppendIdentity(hash, part.File, part.HeaderLength);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (GgufPart part in _parts) part.File.Dispose();
    }

    /// <summary>All parts in order; those that are new are added to <paramref name="opened"/>, which holds one.</summary>
    private static List<GgufPart> OpenOthers(string path, List<GgufPart> opened)
    {
        GgufPart first = opened[0];
        Match match = PartName().Match(System.IO.Path.GetFileName(path));
        if (!match.Success)
            throw new ModelFormatException($"{path}: a part of a split file must be named like 'name-00001-of-{first.SplitCount:D5}.gguf'.");
        int count = int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        if (count != first.SplitCount)
            throw new ModelFormatException($"{path}: the name says {count} parts, key 'split.count' says {first.SplitCount}.");

        List<GgufPart> parts = [];
        for (int number = 0; number < count; number++)
        {
            string partPath = System.IO.Path.Combine(
                System.IO.Path.GetDirectoryName(path) ?? "", $"{match.Groups["stem"].Value}-{number + 1:D5}-of-{count:D5}.gguf");
            if (number != first.SplitNumber)
            {
                if (!File.Exists(partPath)) throw new ModelFormatException($"{path}: part {number + 1} of {count} is missing: '{partPath}'.");
                opened.Add(GgufPart.Open(partPath));
            }

            GgufPart part = number == first.SplitNumber ? first : opened[^1];
            if (part.SplitNumber != number || part.SplitCount != count)
                throw new ModelFormatException($"{partPath}: says it is part {part.SplitNumber + 1} of {part.SplitCount}.");
            parts.Add(part);
        }

        int tensors = parts.Sum(part => part.Tensors.Count);
        if (parts[0].Metadata.TryGetInt32("split.tensors.count", out int expected) && expected != tensors)
            throw new ModelFormatException($"{path}: the parts hold {tensors} tensors, key 'split.tensors.count' says {expected}.");
        return parts;
    }

    [GeneratedRegex(@"^(?<stem>.*)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
