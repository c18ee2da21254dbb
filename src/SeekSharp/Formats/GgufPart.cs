namespace SeekSharp.Formats;

/// <summary>One file of a GGUF model: its header, checked, and its tensors.</summary>
internal sealed unsafe class GgufPart
{
    private const uint Magic = 0x46554747; // "GGUF"
    private const int MostDimensions = 4;
    private const int DefaultAlignment = 32;

    private GgufPart(MappedFile file, long headerLength, GgufMetadata metadata, IReadOnlyList<Tensor> tensors)
    {
        HeaderLength = headerLength;
        File = file;
        Metadata = metadata;
        Tensors = tensors;
        SplitNumber = metadata.GetInt32OrDefault("split.no");
        SplitCount = metadata.GetInt32OrDefault("split.count", 1);
        if (SplitCount < 0 || SplitNumber < 0 || SplitNumber >= Math.Max(SplitCount, 1))
            throw new ModelFormatException($"{file.Path}: 'split.no' {SplitNumber} and 'split.count' {SplitCount} contradict each other.");
    }

    /// <summary>The mapping.</summary>
    public MappedFile File { get; }

    /// <summary>Bytes in front of the tensors' data: keys, values, names, types, shapes and places.</summary>
    public long HeaderLength { get; }

    /// <summary>Keys and values of this file.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Tensors of this file.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Which part of a split model this is, from 0.</summary>
    public int SplitNumber { get; }

    /// <summary>Number of parts; at most 1 for a model in one file.</summary>
    public int SplitCount { get; }

    /// <summary>Maps a file and reads its header.</summary>
    public static GgufPart Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static GgufPart Read(MappedFile file)
    {
        GgufReader reader = new(file);
        if (file.Length < 4 || reader.Read<uint>("the magic number") != Magic) throw reader.Fail("does not start with 'GGUF'");
        uint version = reader.Read<uint>("the version");
        if (version is not (2 or 3))
            throw reader.Fail((version & 0xFFFF) == 0 ? "is a big-endian file, which is not supported" : $"has version {version}, not 2 or 3");
        int tensorCount = reader.ReadCount("tensors", 33, 1 << 24); // name length and character, dimensions, one length, type, offset
        int keyCount = reader.ReadCount("keys", 14, 1 << 24);       // key length and character, type, value

        GgufMetadata metadata = ReadMetadata(reader, file.Path, keyCount);
        long alignment = metadata.GetInt32OrDefault("general.alignment", DefaultAlignment);
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0) throw reader.Fail($"the alignment {alignment} is not a power of two");

        List<TensorInfo> infos = new(tensorCount);
        HashSet<string> names = new(tensorCount, StringComparer.Ordinal);
        for (int i = 0; i < tensorCount; i++)
        {
            TensorInfo info = ReadTensorInfo(reader, alignment);
            if (!names.Add(info.Name)) throw reader.Fail($"tensor '{info.Name}' is there twice");
            infos.Add(info);
        }

        long dataStart = (reader.Position + alignment - 1) / alignment * alignment;
        long headerLength = reader.Position;
        CheckRanges(reader, infos, file.Length - dataStart);
        Tensor[] tensors = new Tensor[infos.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            TensorInfo info = infos[i];
            tensors[i] = new Tensor(info.Name, info.Type, info.Shape, file.Pointer(dataStart + info.Offset, info.ByteCount));
        }

        return new GgufPart(file, headerLength, metadata, tensors);
    }

    private static GgufMetadata ReadMetadata(GgufReader reader, string path, int count)
    {
        OrderedDictionary<string, object> values = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadName("a key");
            if (!values.TryAdd(key, reader.ReadValue(key))) throw reader.Fail($"key '{key}' is there twice");
        }

        return new GgufMetadata(path, values);
    }

    private static TensorInfo ReadTensorInfo(GgufReader reader, long alignment)
    {
        string name = reader.ReadName("the name of a tensor");
        uint dimensions = reader.Read<uint>($"tensor '{name}'");
        if (dimensions is 0 or > MostDimensions) throw reader.Fail($"tensor '{name}' has {dimensions} dimensions, not 1 to {MostDimensions}");

        int[] shape = new int[dimensions];
        Int128 elements = 1;
        for (int i = shape.Length - 1; i >= 0; i--) // the file gives the innermost dimension first
        {
            ulong length = reader.Read<ulong>($"tensor '{name}'");
            if (length is 0 or > int.MaxValue) throw reader.Fail($"tensor '{name}' has a dimension of length {length}");
            shape[i] = (int)length;
            elements *= length;
        }

        uint typeId = reader.Read<uint>($"tensor '{name}'");
        TensorType type = GgufTypes.FromId(typeId)
            ?? throw reader.Fail($"tensor '{name}' has the type {GgufTypes.NameOf(typeId)}, which is not supported");
        if (shape[^1] % type.BlockLength() != 0)
            throw reader.Fail($"tensor '{name}' has rows of {shape[^1]} weights, which {type} cannot cut into blocks of {type.BlockLength()}");
        Int128 bytes = elements / type.BlockLength() * type.BlockBytes();
        if (bytes > long.MaxValue) throw reader.Fail($"tensor '{name}' has {elements} elements, more than any file can hold");

        ulong offset = reader.Read<ulong>($"tensor '{name}'");
        if (offset > long.MaxValue) throw reader.Fail($"tensor '{name}' lies at offset {offset}, outside the file");
        if ((long)offset % alignment != 0) throw reader.Fail($"tensor '{name}' lies at offset {offset}, which is not a multiple of {alignment}");
        return new TensorInfo(name, type, shape, (long)offset, (long)bytes);
    }

    /// <summary>Checks that every tensor lies in the file and that no two share bytes.</summary>
    private static void CheckRanges(GgufReader reader, List<TensorInfo> infos, long available)
    {
        TensorInfo? previous = null;
        foreach (TensorInfo info in infos.OrderBy(info => info.Offset))
        {
            if (info.ByteCount > available - info.Offset)
            {
                throw reader.Fail($"tensor '{info.Name}' needs {info.ByteCount} bytes at offset {info.Offset}, " +
                    $"but the file has {Math.Max(available, 0)} bytes of tensor data: it is cut off or damaged");
            }

            if (previous is not null && info.Offset < previous.Offset + previous.ByteCount)
                throw reader.Fail($"tensors '{previous.Name}' and '{info.Name}' overlap");
            previous = info;
        }
    }

    private sealed record TensorInfo(string Name, TensorType Type, int[] Shape, long Offset, long ByteCount);
}
