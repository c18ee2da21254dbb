using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace SeekSharp.Formats;

/// <summary>Writes a GGUF file, version 3: keys, then tensors, then their bytes as they come.</summary>
/// <remarks>
/// The file appears under its name when <see cref="Complete"/> is called; a writer that is disposed before leaves nothing behind. Memory does not grow with the
/// tensors. Not for several threads at once. The format: github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// </remarks>
public sealed class GgufWriter : ITensorWriter
{
    private const int Alignment = 32;
    private const uint Magic = 0x46554747, Version = 3; // "GGUF"
    private const int MostDimensions = 4;

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly OrderedDictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<TensorInfo> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private AtomicFile? _file;
    private long _dataBytes;
    private int _current;
    private long _written;
    private bool _isComplete;

    /// <summary>Prepares a file; nothing is written yet.</summary>
    /// <param name="path">Where it shall be.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    public GgufWriter(string path, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _overwrite = overwrite;
    }

    private sealed record TensorInfo(string Name, TensorType Type, int[] Shape, long Offset, long ByteCount);

    /// <summary>Sets a key to a text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The text.</param>
    public void Set(string key, string value) => SetValue(key, value);

    /// <summary>Sets a key to a boolean.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The boolean.</param>
    public void Set(string key, bool value) => SetValue(key, value);

    /// <summary>Sets a key to an integer without sign, as most of GGUF's keys have it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The integer.</param>
    public void Set(string key, uint value) => SetValue(key, value);

    /// <summary>Sets a key to a float32.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The number.</param>
    public void Set(string key, float value) => SetValue(key, value);

    /// <summary>Sets a key to texts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">The texts.</param>
    public void Set(string key, IReadOnlyList<string> values) => SetValue(key, values.ToArray());

    /// <summary>Sets a key to integers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">The integers.</param>
    public void Set(string key, IReadOnlyList<int> values) => SetValue(key, values.ToArray());

    /// <summary>Sets a key to float32 numbers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">The numbers.</param>
    public void Set(string key, IReadOnlyList<float> values) => SetValue(key, values.ToArray());

    /// <summary>Takes over all keys of another file, except those about its being cut into parts and its alignment.</summary>
    /// <param name="source">The other file's metadata.</param>
    public void CopyMetadata(GgufMetadata source)
    {
        ArgumentNullException.ThrowIfNull(source);
        foreach ((string key, object value) in source.Values)
            if (!key.StartsWith("split.", StringComparison.Ordinal) && key != "general.alignment") SetValue(key, value);
    }

    /// <summary>Removes a key, where it is there; set again it comes last.</summary>
    /// <param name="key">The key.</param>
    public void Remove(string key)
    {
        RequireUnstarted();
        _values.Remove(key);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The name is taken, GGUF does not have the type, or the row length does not fit it.</exception>
    public void AddTensor(string name, TensorType type, IReadOnlyList<int> shape)
    {
        RequireUnstarted();
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count is 0 or > MostDimensions) throw new ArgumentException($"Tensor '{name}' has {shape.Count} dimensions, not 1 to {MostDimensions}.", nameof(shape));
        if (GgufTypes.ToId(type) is null) throw new ArgumentException($"GGUF has no type {type}.", nameof(type));
        if (!_names.Add(name)) throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));
        TensorInfo info = new(name, type, [.. shape], _dataBytes, TensorTypes.ByteCount(type, shape));
        _tensors.Add(info);
        _dataBytes = Align(_dataBytes + info.ByteCount);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">There is such a file, the disk has no room, or the file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The bytes are more than the tensor has.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        Start();
        if (data.IsEmpty) return;
        TensorInfo info = _current < _tensors.Count ? _tensors[_current] : throw new InvalidOperationException("All tensors are written.");
        if (data.Length > info.ByteCount - _written) throw new InvalidOperationException($"Tensor '{info.Name}' has only {info.ByteCount - _written} bytes left.");
        _file!.Write(data);
        _written += data.Length;
        if (_written < info.ByteCount) return;
        _file.Write(stackalloc byte[(int)(Align(info.ByteCount) - info.ByteCount)]);
        _current++;
        _written = 0;
    }

    /// <summary>Brings the file to the disk and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Bytes of a tensor are missing.</exception>
    public void Complete()
    {
        Start();
        if (_current < _tensors.Count) throw new InvalidOperationException($"Bytes of tensor '{_tensors[_current].Name}' are missing.");
        _file!.Commit();
        _isComplete = true;
    }

    /// <summary>Deletes what was written, unless it is complete.</summary>
    public void Dispose() => _file?.Dispose();

    private void SetValue(string key, object value)
    {
        RequireUnstarted();
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        _values[key] = value;
    }

    private void Start()
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        if (_file is not null) return;
        ReadOnlySpan<byte> header = Header();
        _file = new AtomicFile(_path, header.Length + _dataBytes, _overwrite);
        _file.Write(header);
    }

    private void RequireUnstarted()
    {
        if (_file is not null) throw new InvalidOperationException("The header is written already.");
    }

    private ReadOnlySpan<byte> Header()
    {
        Encoder encoder = new();
        encoder.Number(Magic);
        encoder.Number(Version);
        encoder.Number((ulong)_tensors.Count);
        encoder.Number((ulong)_values.Count);
        foreach ((string key, object value) in _values)
        {
            encoder.Text(key);
            encoder.Value(value);
        }

        foreach (TensorInfo info in _tensors)
        {
            encoder.Text(info.Name);
            encoder.Number((uint)info.Shape.Length);
            for (int i = info.Shape.Length - 1; i >= 0; i--) encoder.Number((ulong)info.Shape[i]); // innermost dimension first
            encoder.Number(GgufTypes.ToId(info.Type)!.Value);
            encoder.Number((ulong)info.Offset);
        }

        encoder.Pad(Alignment);
        return encoder.Bytes;
    }

    private static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;

    /// <summary>Turns keys and values into bytes.</summary>
    private sealed class Encoder
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(1 << 16);

        public ReadOnlySpan<byte> Bytes => _buffer.WrittenSpan;

        public void Number<T>(T value) where T : unmanaged => _buffer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value))); // .NET runs on little-endian machines only

        public void Text(string text)
        {
            int length = Encoding.UTF8.GetByteCount(text);
            Number((ulong)length);
            Encoding.UTF8.GetBytes(text, _buffer.GetSpan(length));
            _buffer.Advance(length);
        }

        public void Pad(int alignment) => _buffer.Write(new byte[(alignment - _buffer.WrittenCount % alignment) % alignment]);

        public void Value(object value)
        {
            Number(TypeOf(value.GetType()));
            Content(value);
        }

        private void Content(object value)
        {
            switch (value)
            {
                case byte number: Number(number); break;
                case sbyte number: Number(number); break;
                case ushort number: Number(number); break;
                case short number: Number(number); break;
                case uint number: Number(number); break;
                case int number: Number(number); break;
                case float number: Number(number); break;
                case bool flag: Number((byte)(flag ? 1 : 0)); break;
                case string text: Text(text); break;
                case ulong number: Number(number); break;
                case long number: Number(number); break;
                case double number: Number(number); break;
                case Array array:
                    Number(TypeOf(array.GetType().GetElementType()!));
                    Number((ulong)array.Length);
                    foreach (object item in array) Content(item);
                    break;
                default: throw new ArgumentException($"GGUF has no values of type {value.GetType()}.", nameof(value));
            }
        }

        private static uint TypeOf(Type type) => Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => 0,
            TypeCode.SByte => 1,
            TypeCode.UInt16 => 2,
            TypeCode.Int16 => 3,
            TypeCode.UInt32 => 4,
            TypeCode.Int32 => 5,
            TypeCode.Single => 6,
            TypeCode.Boolean => 7,
            TypeCode.String => 8,
            TypeCode.UInt64 => 10,
            TypeCode.Int64 => 11,
            TypeCode.Double => 12,
            _ when type == typeof(Array) || type.IsArray => 9,
            _ => throw new ArgumentException($"GGUF has no values of type {type}.", nameof(type)),
        };
    }
}
