using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SeekSharp.Formats;

/// <summary>Writes a model folder as Hugging Face has it: text files, and the weights in one safetensors file or in several with an index.</summary>
/// <remarks>
/// The folder is written beside its place under another name and renamed when <see cref="Complete"/> is called; a writer that is disposed before leaves nothing
/// behind. Memory does not grow with the tensors. Not for several threads at once. The format: github.com/huggingface/safetensors.
/// </remarks>
public sealed class SafetensorsWriter : ITensorWriter
{
    /// <summary>Most bytes of tensors in one file, unless one tensor alone has more.</summary>
    public const long LargestShard = 5_000_000_000;

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly bool _overwrite;
    private readonly long _largestShard;
    private readonly List<(string Name, string Text)> _texts = [];
    private readonly List<Entry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<List<Entry>> _shards = [];
    private AtomicFile? _file;
    private int _shard;
    private int _current;
    private long _written;
    private bool _isStarted;
    private bool _isComplete;

    /// <summary>Prepares a folder; nothing is written yet.</summary>
    /// <param name="path">Where it shall be.</param>
    /// <param name="overwrite">Whether a folder that is there, empty or with a model, is replaced with all that it holds.</param>
    /// <param name="largestShard">Most bytes of tensors in one file, unless one tensor alone has more.</param>
    public SafetensorsWriter(string path, bool overwrite = false, long largestShard = LargestShard)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.TrimEndingDirectorySeparator(path);
        _temporaryPath = _path + AtomicFile.Suffix;
        _overwrite = overwrite;
        _largestShard = largestShard;
    }

    /// <summary>Where the folder is until it is complete; there from the first <see cref="Write"/> on, for files that belong into it.</summary>
    internal string TemporaryPath => _temporaryPath;

    private sealed record Entry(string Name, string Type, int[] Shape, long ByteCount);

    /// <summary>Adds a text file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">Its text, which is written as UTF-8.</param>
    public void AddText(string name, string text) => _texts.Add((name, text));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is taken, or safetensors does not have the type.</exception>
    public void AddTensor(string name, TensorType type, IReadOnlyList<int> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (_isStarted) throw new InvalidOperationException("The header is written already.");
        string typeName = type switch
        {
            TensorType.F32 => "F32",
            TensorType.F16 => "F16",
            TensorType.BF16 => "BF16",
            _ => throw new ArgumentException($"Tensor '{name}' cannot be stored as {type} in safetensors.", nameof(type)),
        };
        if (!_names.Add(name)) throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));
        _entries.Add(new Entry(name, typeName, [.. shape], TensorTypes.ByteCount(type, shape)));
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">There is such a folder, the disk has no room, or a file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The bytes are more than the tensor has.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        Start();
        if (data.IsEmpty) return;
        Entry entry = _shard < _shards.Count ? _shards[_shard][_current] : throw new InvalidOperationException("All tensors are written.");
        if (data.Length > entry.ByteCount - _written) throw new InvalidOperationException($"Tensor '{entry.Name}' has only {entry.ByteCount - _written} bytes left.");
        if (_file is null) OpenShard();
        _file!.Write(data);
        _written += data.Length;
        if (_written < entry.ByteCount) return;
        _written = 0;
        if (++_current < _shards[_shard].Count) return;
        _file.Commit();
        _file = null;
        _current = 0;
        _shard++;
    }

    /// <summary>Gives the folder its name.</summary>
    /// <exception cref="InvalidOperationException">Bytes of a tensor are missing.</exception>
    public void Complete()
    {
        Start();
        if (_shard < _shards.Count) throw new InvalidOperationException($"Bytes of tensor '{_shards[_shard][_current].Name}' are missing.");
        if (_shards.Count > 1) File.WriteAllBytes(Path.Combine(_temporaryPath, "model.safetensors.index.json"), Index());
        foreach ((string name, string text) in _texts) File.WriteAllText(Path.Combine(_temporaryPath, name), text, new UTF8Encoding(false));
        string old = _path + ".old";
        bool isReplaced = Directory.Exists(_path);
        if (isReplaced) Directory.Move(_path, old);
        Directory.Move(_temporaryPath, _path);
        _isComplete = true;
        if (isReplaced) Directory.Delete(old, recursive: true);
    }

    /// <summary>Deletes what was written, unless it is complete.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        if (_isStarted && !_isComplete && Directory.Exists(_temporaryPath)) Directory.Delete(_temporaryPath, recursive: true);
    }

    private void Start()
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        if (_isStarted) return;
        if (File.Exists(_path)) throw new IOException($"'{_path}' is a file.");
        if (Directory.Exists(_path)) RequireReplaceable();
        string parent = Path.GetDirectoryName(Path.GetFullPath(_path)) ?? throw new IOException($"'{_path}' cannot be written.");
        if (!Directory.Exists(parent)) throw new DirectoryNotFoundException($"There is no folder '{parent}'.");
        AtomicFile.RequireRoom(parent, _entries.Sum(entry => entry.ByteCount));
        if (Directory.Exists(_temporaryPath)) Directory.Delete(_temporaryPath, recursive: true); // of a run that was killed
        Directory.CreateDirectory(_temporaryPath);
        _isStarted = true;
        long bytes = 0;
        foreach (Entry entry in _entries)
        {
            if (_shards.Count == 0 || bytes + entry.ByteCount > _largestShard)
            {
                _shards.Add([]);
                bytes = 0;
            }

            _shards[^1].Add(entry);
            bytes += entry.ByteCount;
        }
    }

    /// <summary>A folder is replaced with all that it holds: it must be empty or a model.</summary>
    private void RequireReplaceable()
    {
        if (!_overwrite) throw new IOException($"'{_path}' exists already.");
        if (Directory.EnumerateFileSystemEntries(_path).Any() && !File.Exists(Path.Combine(_path, "config.json")))
            throw new IOException($"'{_path}' is a folder that holds something else than a model; it is not replaced.");
    }

    private void OpenShard()
    {
        byte[] header = Header(_shards[_shard]);
        _file = new AtomicFile(Path.Combine(_temporaryPath, NameOf(_shard)), header.Length + _shards[_shard].Sum(entry => entry.ByteCount), overwrite: false);
        _file.Write(header);
    }

    private string NameOf(int shard) => _shards.Count == 1
        ? "model.safetensors"
        : string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{_shards.Count:D5}.safetensors");

    private static byte[] Header(List<Entry> entries)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", "pt");
            writer.WriteEndObject();
            long offset = 0;
            foreach (Entry entry in entries)
            {
                writer.WriteStartObject(entry.Name);
                writer.WriteString("dtype", entry.Type);
                writer.WriteStartArray("shape");
                foreach (int length in entry.Shape) writer.WriteNumberValue(length);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset += entry.ByteCount);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        int padded = (json.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[8 + padded];
        BinaryPrimitives.WriteInt64LittleEndian(header, padded);
        json.WrittenSpan.CopyTo(header.AsSpan(8));
        header.AsSpan(8 + json.WrittenCount).Fill((byte)' ');
        return header;
    }

    private byte[] Index()
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", _entries.Sum(entry => entry.ByteCount));
            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            for (int shard = 0; shard < _shards.Count; shard++)
                foreach (Entry entry in _shards[shard]) writer.WriteString(entry.Name, NameOf(shard));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return json.WrittenSpan.ToArray();
    }
}
