using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SeekSharp.Formats;

/// <summary>A model folder as Hugging Face stores it: "config.json", safetensors, the tokenizer's files.</summary>
/// <remarks>
/// <see cref="Find"/> takes GGUF's names; <see cref="Tensors"/> has the folder's own. Weights in DeepSeek's FP8 carry the scales of their
/// "..._scale_inv" tensor (DeepSeek-V3 §3.3: one float32 per block of 128 x 128). A folder without weights opens, for its tokenizer.
/// </remarks>
public sealed unsafe class HuggingFaceFolder : ModelFile
{
    private const string ConfigName = "config.json";
    private const string WeightsName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const string ScaleSuffix = "_scale_inv";
    private const long LongestText = 1 << 28;
    private const int MostShards = 4096, LargestBlock = 1 << 16;

    private readonly List<SafetensorsFile> _shards;
    private readonly Dictionary<string, Tensor> _byName;
    private readonly JsonFields _json;
    private readonly Lazy<string?> _chatTemplate;

    private HuggingFaceFolder(string path, JsonFields json, ModelConfig config, List<SafetensorsFile> shards)
    {
        Path = path;
        Config = config;
        _json = json;
        _shards = shards;
        _byName = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (Tensor tensor in shards.SelectMany(shard => shard.Tensors))
            if (!_byName.TryAdd(tensor.Name, tensor)) throw new ModelFormatException($"{path}: tensor '{tensor.Name}' is in two files.");
        Tensors = [.. shards.SelectMany(shard => shard.Tensors).Select(WithScales)];
        foreach (Tensor tensor in Tensors) _byName[tensor.Name] = tensor;
        _chatTemplate = new Lazy<string?>(ReadChatTemplate);
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override ModelConfig Config { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Tensors { get; }

    /// <inheritdoc/>
    public override long ByteCount => _shards.Sum(shard => shard.File.Length);

    /// <inheritdoc/>
    /// <exception cref="ModelFormatException">"tokenizer_config.json" is damaged.</exception>
    public override string? ChatTemplate => _chatTemplate.Value;

    /// <summary>Tokens that end a reply, from "generation_config.json", else from "config.json"; empty where neither says.</summary>
    /// <exception cref="ModelFormatException">"generation_config.json" is damaged.</exception>
    public IReadOnlyList<int> EndOfTextTokens
    {
        get
        {
            const string name = "generation_config.json";
            int[] tokens = ReadBytes(Path, name) is { } text ? JsonFields.Parse(PathOf(name), text).Integers("eos_token_id") : [];
            return tokens.Length > 0 ? tokens : _json.Integers("eos_token_id");
        }
    }

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>The open folder.</returns>
    /// <exception cref="ModelFormatException">The folder has no "config.json", a shard is missing, or a file is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such folder.</exception>
    public static new HuggingFaceFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) throw new FileNotFoundException($"There is no folder '{path}'.", path);
        string configPath = System.IO.Path.Combine(path, ConfigName);
        byte[] text = ReadBytes(path, ConfigName) ?? throw new ModelFormatException($"{path}: the folder has no '{ConfigName}'.");
        JsonFields json = JsonFields.Parse(configPath, text);
        ModelConfig config = HuggingFaceConfig.Read(configPath, json, System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path)));
        if (json.ObjectOrNull("quantization_config")?.TextOrNull("quant_method") is { } method and not "fp8")
            throw new ModelFormatException($"{configPath}: weights quantised with '{method}' are not supported (fp8 is).");

        List<SafetensorsFile> shards = [];
        try
        {
            OpenShards(path, shards);
            return new HuggingFaceFolder(path, json, config, shards);
        }
        catch
        {
            foreach (SafetensorsFile shard in shards) shard.Dispose();
            throw;
        }
    }

    /// <summary>Reads a text file of the folder, such as "tokenizer.json".</summary>
    /// <param name="fileName">A file name without folders.</param>
    /// <returns>The text, or null where the folder has no such file.</returns>
    /// <exception cref="ModelFormatException">The file cannot be read or is absurdly large.</exception>
    public string? ReadText(string fileName) => ReadText(Path, fileName);

    /// <inheritdoc/>
    public override Tensor? Find(string name, int? expert = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        int experts = Config.MixtureOfExperts?.ExpertCount ?? 0;
        if (expert is { } index && (index < 0 || index >= experts))
            throw new ModelFormatException($"{Path}: tensor '{name}' has {experts} experts, there is no expert {index}.");
        return HuggingFaceNames.FromGguf(name, expert) is { } own ? _byName.GetValueOrDefault(own) : null;
    }

    /// <inheritdoc/>
    public override void Release(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (SafetensorsFile shard in _shards)
            if (shard.File.Contains(tensor.Data)) shard.File.Release(tensor.Data, tensor.ByteCount);
    }

    /// <inheritdoc/>
    public override void Prefetch(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        foreach (SafetensorsFile shard in _shards)
            if (shard.File.Contains(tensor.Data)) shard.File.Prefetch(tensor.Data, tensor.ByteCount);
    }

    internal override void AppendIdentity(IncrementalHash hash)
    {
        hash.AppendData(ReadBytes(Path, ConfigName) ?? []);
        foreach (SafetensorsFile shard in _shards) AppendIdentity(hash, shard.File, shard.HeaderLength);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (SafetensorsFile shard in _shards) shard.Dispose();
    }

    private static void OpenShards(string path, List<SafetensorsFile> shards)
    {
        if (ReadBytes(path, IndexName) is { } index)
        {
            OpenIndexed(path, index, shards);
            return;
        }

        string weights = System.IO.Path.Combine(path, WeightsName);
        if (File.Exists(weights)) shards.Add(SafetensorsFile.Open(weights));
        else if (Directory.EnumerateFiles(path).Any(file => System.IO.Path.GetExtension(file) is ".safetensors" or ".bin" or ".pth"))
            throw new ModelFormatException($"{path}: the folder has weights, but neither '{WeightsName}' nor '{IndexName}'.");
    }

    private static void OpenIndexed(string path, byte[] index, List<SafetensorsFile> shards)
    {
        string indexPath = System.IO.Path.Combine(path, IndexName);
        JsonFields map = JsonFields.Parse(indexPath, index).ObjectOrNull("weight_map")
            ?? throw new ModelFormatException($"{indexPath}: key 'weight_map' is missing.");
        Dictionary<string, HashSet<string>> tensorsByShard = new(StringComparer.Ordinal);
        foreach (JsonProperty property in map.Enumerate())
        {
            if (JsonFields.ToText(property.Value) is not { } shardName || !IsFileName(shardName))
                throw new ModelFormatException($"{indexPath}: tensor '{NameOf(property)}' is not mapped to a file of the folder.");
            if (!tensorsByShard.TryGetValue(shardName, out HashSet<string>? names))
            {
                if (tensorsByShard.Count == MostShards) throw new ModelFormatException($"{indexPath}: names more than {MostShards} files.");
                tensorsByShard[shardName] = names = new(StringComparer.Ordinal);
            }

            names.Add(NameOf(property));
        }

        foreach ((string shardName, HashSet<string> names) in tensorsByShard.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            string shardPath = System.IO.Path.Combine(path, shardName);
            if (!File.Exists(shardPath)) throw new ModelFormatException($"{indexPath}: the file '{shardName}' is missing.");
            SafetensorsFile shard = SafetensorsFile.Open(shardPath);
            shards.Add(shard);
            names.ExceptWith(shard.Tensors.Select(tensor => tensor.Name));
            if (names.Count > 0) throw new ModelFormatException($"{shardPath}: tensor '{names.First()}', which the index promises, is not there.");
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException) // broken escapes
        {
            return "?";
        }
    }

    /// <summary>A tensor of FP8 together with its scales, which may lie in another shard; other tensors as they are.</summary>
    private Tensor WithScales(Tensor tensor)
    {
        if (tensor.Type != TensorType.F8E4M3) return tensor;
        if (tensor.Shape.Count != 2) throw new ModelFormatException($"{Path}: tensor '{tensor.Name}' is FP8 but not a matrix.");
        string scaleName = tensor.Name + ScaleSuffix;
        if (!_byName.TryGetValue(scaleName, out Tensor? scales)) throw new ModelFormatException($"{Path}: tensor '{scaleName}' is missing.");
        (int blockRows, int blockColumns) = BlockSize();
        int[] expected = [DivideUp(tensor.Shape[0], blockRows), DivideUp(tensor.Shape[1], blockColumns)];
        if (scales.Type != TensorType.F32 || !scales.Shape.SequenceEqual(expected))
        {
            throw new ModelFormatException($"{Path}: tensor '{scaleName}' is {scales.Type} [{string.Join(", ", scales.Shape)}], " +
                $"not F32 [{string.Join(", ", expected)}].");
        }

        Lazy<BlockScales> read = new(() =>
        {
            float[] values = new float[scales.ElementCount];
            Dequantizer.ToFloat32(scales, values);
            return new BlockScales(values, blockRows, blockColumns);
        });
        return new Tensor(tensor.Name, tensor.Type, [.. tensor.Shape], tensor.Data, read);
    }

    private (int Rows, int Columns) BlockSize()
    {
        int[] size = _json.ObjectOrNull("quantization_config")?.Integers("weight_block_size") ?? [];
        return size switch
        {
            [] => (128, 128),
            [> 0 and <= LargestBlock and int rows, > 0 and <= LargestBlock and int columns] => (rows, columns),
            _ => throw _json.Fail($"key 'quantization_config.weight_block_size' is not a pair of numbers from 1 to {LargestBlock}"),
        };
    }

    private string? ReadChatTemplate()
    {
        if (ReadText("chat_template.jinja") is { } template) return template;
        const string name = "tokenizer_config.json";
        if (ReadBytes(Path, name) is not { } text) return null;
        JsonFields json = JsonFields.Parse(PathOf(name), text);
        if (!json.TryGet("chat_template", out JsonElement value)) return null;
        if (JsonFields.ToText(value) is { } single) return single;
        // several templates with names: [{"name": "default", "template": "..."}, ...]
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("name", out JsonElement itemName)
                    && JsonFields.ToText(itemName) == "default" && item.TryGetProperty("template", out JsonElement body)
                    && JsonFields.ToText(body) is { } found)
                    return found;
            }
        }

        throw json.Fail("key 'chat_template' is neither a text nor a list with a 'default' template");
    }

    private string PathOf(string fileName) => System.IO.Path.Combine(Path, fileName);

    /// <summary>The bytes of a file behind its byte-order mark, or null where the folder has no such file.</summary>
    internal byte[]? ReadBytes(string fileName) => ReadBytes(Path, fileName);

    private static string? ReadText(string folder, string fileName) => ReadBytes(folder, fileName) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static byte[]? ReadBytes(string folder, string fileName)
    {
        if (!IsFileName(fileName)) throw new ArgumentException($"'{fileName}' is not a file name without folders.", nameof(fileName));
        FileInfo file = new(System.IO.Path.Combine(folder, fileName));
        if (!file.Exists) return null;
        if (file.Length > LongestText) throw new ModelFormatException($"{file}: is longer than {LongestText} bytes.");
        try
        {
            byte[] bytes = File.ReadAllBytes(file.FullName);
            return bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"{file}: the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Whether a name stays inside its folder on every system.</summary>
    private static bool IsFileName(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':']) < 0 && !name.Any(char.IsControl);

    private static int DivideUp(int value, int divisor) => (int)(((long)value + divisor - 1) / divisor);
}
