using System.Text;
using SeekSharp.Formats;

namespace SeekSharp.Tests.Formats;

/// <summary>Writes GGUF files, right ones and wrong ones.</summary>
internal sealed class GgufBuilder
{
    private readonly List<(byte[] Key, uint Type, byte[] Value)> _values = [];
    private readonly List<(byte[] Name, ulong[] Dimensions, uint Type, ulong? Offset, byte[] Data)> _tensors = [];

    public uint Magic { get; init; } = 0x46554747;
    public uint Version { get; init; } = 3;
    public ulong? TensorCount { get; init; }
    public ulong? KeyCount { get; init; }
    public int Alignment { get; init; } = 32;
    public bool PadsLastTensor { get; init; } = true;

    public GgufBuilder Set(string key, object value) => SetRaw(Encoding.UTF8.GetBytes(key), TypeOf(value), Encode(value));

    public GgufBuilder SetRaw(byte[] key, uint type, byte[] value)
    {
        _values.Add((key, type, value));
        return this;
    }

    public GgufBuilder SetRaw(string key, uint type, params byte[] value) => SetRaw(Encoding.UTF8.GetBytes(key), type, value);

    /// <summary>Forgets a key.</summary>
    public GgufBuilder Without(string key)
    {
        _values.RemoveAll(value => Encoding.UTF8.GetString(value.Key) == key);
        return this;
    }

    /// <summary>A tensor with its shape outermost first, as the library gives it.</summary>
    public GgufBuilder Add(string name, TensorType type, int[] shape, byte[]? data = null) =>
        AddRaw(name, [.. shape.Reverse().Select(length => (ulong)length)], GgufTypes.ToId(type)!.Value, null, data ?? new byte[TensorTypes.ByteCount(type, shape)]);

    public GgufBuilder Add(string name, int[] shape, params float[] values)
    {
        byte[] data = new byte[values.Length * sizeof(float)];
        Buffer.BlockCopy(values, 0, data, 0, data.Length);
        return Add(name, TensorType.F32, shape, values.Length == 0 ? null : data);
    }

    /// <summary>A tensor exactly as it stands in the file; without an offset it lies behind the one before.</summary>
    public GgufBuilder AddRaw(string name, ulong[] dimensions, uint type, ulong? offset, byte[] data)
    {
        _tensors.Add((Encoding.UTF8.GetBytes(name), dimensions, type, offset, data));
        return this;
    }

    public byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)_tensors.Count);
        writer.Write(KeyCount ?? (ulong)_values.Count);
        foreach ((byte[] key, uint type, byte[] value) in _values)
        {
            writer.Write((ulong)key.Length);
            writer.Write(key);
            writer.Write(type);
            writer.Write(value);
        }

        long offset = 0;
        foreach (var tensor in _tensors)
        {
            writer.Write((ulong)tensor.Name.Length);
            writer.Write(tensor.Name);
            writer.Write(tensor.Dimensions.Length);
            foreach (ulong length in tensor.Dimensions) writer.Write(length);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? (ulong)offset);
            offset = Align(offset + tensor.Data.Length);
        }

        if (_tensors.Count > 0) Pad(writer);
        for (int i = 0; i < _tensors.Count; i++)
        {
            writer.Write(_tensors[i].Data);
            if (i < _tensors.Count - 1 || PadsLastTensor) Pad(writer);
        }

        return stream.ToArray();
    }

    public static byte[] Text(string text) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private void Pad(BinaryWriter writer) => writer.Write(new byte[Align(writer.BaseStream.Position) - writer.BaseStream.Position]);

    private static uint TypeOf(object value) => value switch
    {
        byte => 0, sbyte => 1, ushort => 2, short => 3, uint => 4, int => 5, float => 6, bool => 7, string => 8, Array => 9, ulong => 10, long => 11,
        double => 12, _ => throw new ArgumentException($"{value.GetType()}"),
    };

    private static byte[] Encode(object value) => value switch
    {
        byte number => [number],
        sbyte number => [(byte)number],
        bool flag => [flag ? (byte)1 : (byte)0],
        string text => Text(text),
        ushort number => BitConverter.GetBytes(number),
        short number => BitConverter.GetBytes(number),
        uint number => BitConverter.GetBytes(number),
        int number => BitConverter.GetBytes(number),
        ulong number => BitConverter.GetBytes(number),
        long number => BitConverter.GetBytes(number),
        float number => BitConverter.GetBytes(number),
        double number => BitConverter.GetBytes(number),
        Array array => EncodeArray(array),
        _ => throw new ArgumentException($"{value.GetType()}"),
    };

    private static byte[] EncodeArray(Array array)
    {
        object sample = array.Length > 0 ? array.GetValue(0)! : array is string[] ? "" : Activator.CreateInstance(array.GetType().GetElementType()!)!;
        return [.. BitConverter.GetBytes(TypeOf(sample)), .. BitConverter.GetBytes((ulong)array.Length), .. array.Cast<object>().SelectMany(Encode)];
    }
}
