using System.Globalization;
using System.Text;

namespace SeekSharp.Tests.Formats;

/// <summary>Writes safetensors files.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<string> _entries = [];
    private readonly List<byte> _data = [];

    public ulong? HeaderLength { get; init; }

    public SafetensorsBuilder Add(string name, string type, int[] shape, byte[] data)
    {
        string dimensions = string.Join(',', shape.Select(length => length.ToString(CultureInfo.InvariantCulture)));
        AddEntry($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{dimensions}],\"data_offsets\":[{_data.Count},{_data.Count + data.Length}]}}");
        _data.AddRange(data);
        return this;
    }

    public SafetensorsBuilder Add(string name, int[] shape, params float[] values)
    {
        byte[] data = new byte[values.Length * sizeof(float)];
        Buffer.BlockCopy(values, 0, data, 0, data.Length);
        return Add(name, "F32", shape, data);
    }

    /// <summary>A property of the header exactly as it stands.</summary>
    public SafetensorsBuilder AddEntry(string json)
    {
        _entries.Add(json);
        return this;
    }

    public byte[] ToBytes()
    {
        byte[] header = Encoding.UTF8.GetBytes($"{{{string.Join(',', _entries)}}}");
        return [.. BitConverter.GetBytes(HeaderLength ?? (ulong)header.Length), .. header, .. _data];
    }
}
