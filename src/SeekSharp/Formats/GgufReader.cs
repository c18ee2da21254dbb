using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace SeekSharp.Formats;

/// <summary>Walks through the header of a GGUF file and checks every count against the bytes that are left before it believes it.</summary>
internal sealed class GgufReader(MappedFile file)
{
    /// <summary>Longest array of metadata that is believed (vocabularies have some 10^5 entries).</summary>
    private const int LongestArray = 1 << 26;
    private const uint LongestText = 1 << 26;
    private const int DeepestArray = 4;

    /// <summary>Where the next value starts, in bytes from the start of the file.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes from <see cref="Position"/> to the end of the file.</summary>
    public long Remaining => file.Length - Position;

    /// <summary>Reads one little-endian number.</summary>
    /// <param name="what">What it is, for the message.</param>
    public T Read<T>(string what) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        if (Remaining < size) throw Fail($"ends inside {what}");
        T value = MemoryMarshal.Read<T>(file.Span(Position, size)); // .NET runs on little-endian machines only
        Position += size;
        return value;
    }

    /// <summary>Reads the number of things that follow, each of at least <paramref name="leastBytes"/> bytes.</summary>
    public int ReadCount(string what, int leastBytes, int most = LongestArray)
    {
        ulong count = Read<ulong>(what);
        if (count > (ulong)(Remaining / leastBytes)) throw Fail($"{count} {what} do not fit into the {Remaining} bytes that are left");
        if (count > (ulong)most) throw Fail($"{count} {what} are more than the {most} that are allowed");
        return (int)count;
    }

    /// <summary>Reads a text: its length in bytes, then UTF-8.</summary>
    public string ReadText(string what)
    {
        ulong count = Read<ulong>(what);
        if (count > (ulong)Remaining) throw Fail($"{what} has {count} bytes, more than the {Remaining} that are left");
        if (count > LongestText) throw Fail($"{what} has {count} bytes, more than the {LongestText} that are allowed");
        int length = (int)count;
        string text = Encoding.UTF8.GetString(file.Span(Position, length));
        Position += length;
        return text;
    }

    /// <summary>Reads the value of a metadata key.</summary>
    public object ReadValue(string key) => ReadValue(key, Read<uint>($"the type of '{key}'"), 0);

    private object ReadValue(string key, uint type, int depth) => type switch
    {
        0 => Read<byte>(key),
        1 => Read<sbyte>(key),
        2 => Read<ushort>(key),
        3 => Read<short>(key),
        4 => Read<uint>(key),
        5 => Read<int>(key),
        6 => Read<float>(key),
        7 => ToBoolean(key, Read<byte>(key)),
        8 => ReadText($"'{key}'"),
        9 => ReadArray(key, depth),
        10 => Read<ulong>(key),
        11 => Read<long>(key),
        12 => Read<double>(key),
        _ => throw Fail($"key '{key}' has the unknown type {type}"),
    };

    private Array ReadArray(string key, int depth)
    {
        if (depth == DeepestArray) throw Fail($"key '{key}' has arrays nested deeper than {DeepestArray}");
        uint type = Read<uint>($"the element type of '{key}'");
        return type switch
        {
            0 => ReadNumbers<byte>(key),
            1 => ReadNumbers<sbyte>(key),
            2 => ReadNumbers<ushort>(key),
            3 => ReadNumbers<short>(key),
            4 => ReadNumbers<uint>(key),
            5 => ReadNumbers<int>(key),
            6 => ReadNumbers<float>(key),
            7 => Array.ConvertAll(ReadNumbers<byte>(key), value => ToBoolean(key, value)),
            8 => ReadTexts(key),
            9 => ReadArrays(key, depth),
            10 => ReadNumbers<ulong>(key),
            11 => ReadNumbers<long>(key),
            12 => ReadNumbers<double>(key),
            _ => throw Fail($"key '{key}' is an array of the unknown type {type}"),
        };
    }

    private T[] ReadNumbers<T>(string key) where T : unmanaged
    {
        T[] values = new T[ReadCount($"elements of '{key}'", Unsafe.SizeOf<T>())];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        file.Span(Position, bytes.Length).CopyTo(bytes);
        Position += bytes.Length;
        return values;
    }

    private string[] ReadTexts(string key)
    {
        string[] texts = new string[ReadCount($"elements of '{key}'", sizeof(ulong))];
        string what = $"a text of '{key}'";
        for (int i = 0; i < texts.Length; i++) texts[i] = ReadText(what);
        return texts;
    }

    private Array[] ReadArrays(string key, int depth)
    {
        Array[] arrays = new Array[ReadCount($"elements of '{key}'", sizeof(uint) + sizeof(ulong))];
        for (int i = 0; i < arrays.Length; i++) arrays[i] = ReadArray(key, depth + 1);
        return arrays;
    }

    private bool ToBoolean(string key, byte value) =>
        value <= 1 ? value == 1 : throw Fail($"key '{key}' holds {value} where a boolean must be 0 or 1");

    /// <summary>Makes the exception that says what is wrong with the file.</summary>
    public ModelFormatException Fail(string what) => new($"{file.Path}: {what}.");
}
