using System.Buffers.Binary;
using System.Text.Json;

namespace SeekSharp.Formats;

/// <summary>
/// A file in the safetensors format (github.com/huggingface/safetensors), mapped into memory: 8 bytes with the length of the header, the
/// header in JSON, the tensors' bytes.
/// </summary>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    private const int LongestHeader = 100_000_000; // the limit of the format's own reader
    private const int MostDimensions = 8;

    private SafetensorsFile(MappedFile file, IReadOnlyList<Tensor> tensors)
    {
        File = file;
        Tensors = tensors;
    }

    /// <summary>The mapping.</summary>
    public MappedFile File { get; }

    /// <summary>Bytes in front of the tensors' data.</summary>
    public long HeaderLength => sizeof(ulong) + BinaryPrimitives.ReadInt64LittleEndian(File.Span(0, sizeof(ulong))); // checked when the file was opened

    /// <summary>The tensors, without block scales.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Maps a file and reads its header.</summary>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return new SafetensorsFile(file, ReadTensors(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static List<Tensor> ReadTensors(MappedFile file)
    {
        if (file.Length < 8) throw Fail(file, "is too short for a safetensors file");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, 8));
        if (length > (ulong)(file.Length - 8)) throw Fail(file, $"has a header of {length} bytes, more than the {file.Length - 8} that are left");
        if (length > LongestHeader) throw Fail(file, $"has a header of {length} bytes, more than the {LongestHeader} that are allowed");
        long dataStart = 8 + (long)length;

        List<(string Name, TensorType Type, int[] Shape, long Begin, long End)> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        try
        {
            using JsonDocument header = JsonDocument.Parse(file.Span(8, (int)length).ToArray());
            if (header.RootElement.ValueKind != JsonValueKind.Object) throw Fail(file, "has a header that is not a JSON object");
            foreach (JsonProperty property in header.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__")) continue;
                string name = property.Name;
                if (name.Length == 0 || name.Any(char.IsControl)) throw Fail(file, "has a tensor whose name is empty or has control characters");
                if (!names.Add(name)) throw Fail(file, $"tensor '{name}' is there twice");
                entries.Add(ReadEntry(file, name, property.Value, file.Length - dataStart));
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with broken escapes or bytes that are not UTF-8
            throw new ModelFormatException($"{file.Path}: has a header that is not JSON ({exception.Message}).", exception);
        }

        CheckOverlaps(file, entries);
        List<Tensor> tensors = new(entries.Count);
        foreach ((string name, TensorType type, int[] shape, long begin, long end) in entries)
            tensors.Add(new Tensor(name, type, shape, file.Pointer(dataStart + begin, end - begin)));
        return tensors;
    }

    private static (string Name, TensorType Type, int[] Shape, long Begin, long End) ReadEntry(
        MappedFile file, string name, JsonElement entry, long available)
    {
        if (entry.ValueKind != JsonValueKind.Object) throw Fail(file, $"tensor '{name}' is not described by an object");
        string typeName = entry.TryGetProperty("dtype", out JsonElement dtype) ? JsonFields.ToText(dtype) ?? "" : "";
        TensorType type = typeName switch
        {
            "F32" => TensorType.F32,
            "F16" => TensorType.F16,
            "BF16" => TensorType.BF16,
            "F8_E4M3" => TensorType.F8E4M3,
            _ => throw Fail(file, $"tensor '{name}' has the type '{typeName}', which is not supported (F32, F16, BF16 and F8_E4M3 are)"),
        };

        if (!entry.TryGetProperty("shape", out JsonElement dimensions) || dimensions.ValueKind != JsonValueKind.Array)
            throw Fail(file, $"tensor '{name}' has no shape");
        int rank = dimensions.GetArrayLength();
        if (rank > MostDimensions) throw Fail(file, $"tensor '{name}' has {rank} dimensions, more than {MostDimensions}");
        int[] shape = new int[rank];
        Int128 bytes = type.BlockBytes();
        for (int i = 0; i < rank; i++)
        {
            if (dimensions[i].ValueKind != JsonValueKind.Number || !dimensions[i].TryGetInt32(out shape[i]) || shape[i] < 1)
                throw Fail(file, $"tensor '{name}' has a dimension that is not a length of 1 to {int.MaxValue}");
            bytes *= shape[i];
            if (bytes > long.MaxValue) throw Fail(file, $"tensor '{name}' has more elements than any file can hold");
        }

        if (!entry.TryGetProperty("data_offsets", out JsonElement offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2
            || !TryGetInt64(offsets[0], out long begin) || !TryGetInt64(offsets[1], out long end))
            throw Fail(file, $"tensor '{name}' has no pair of offsets");
        if (begin < 0 || end < begin || end > available)
            throw Fail(file, $"tensor '{name}' lies at bytes {begin} to {end} of {available}: the file is cut off or damaged");
        if (end - begin != bytes) throw Fail(file, $"tensor '{name}' has {end - begin} bytes where its shape asks for {bytes}");
        return (name, type, shape, begin, end);
    }

    private static void CheckOverlaps(MappedFile file, List<(string Name, TensorType Type, int[] Shape, long Begin, long End)> entries)
    {
        long end = 0;
        string previous = "";
        foreach (var entry in entries.OrderBy(entry => entry.Begin))
        {
            if (entry.Begin < end) throw Fail(file, $"tensors '{previous}' and '{entry.Name}' overlap");
            (end, previous) = (entry.End, entry.Name);
        }
    }

    private static bool TryGetInt64(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }

    private static ModelFormatException Fail(MappedFile file, string what) => new($"{file.Path}: {what}.");
}
