using System.Globalization;
using SeekSharp.Formats;

namespace SeekSharp.Quantization;

/// <summary>
/// Chooses the type of each tensor of a file as llama.cpp's quantiser does (llama_tensor_get_type in llama-quant.cpp), for the architectures that
/// SeekSharp reads. Tensors must be asked for in the order of <see cref="Order"/>: some choices count the tensors before.
/// </summary>
internal sealed class QuantizationRecipe
{
    private readonly FileType _fileType;
    private readonly bool _keepsOutput;
    private readonly bool _isTied;
    private readonly bool _isGroupedLlama70B;
    private readonly bool _hasImportance;
    private readonly int _layers;
    private readonly int _experts;
    private readonly int _valueTensors;
    private int _valueIndex;
    private int _downIndex;

    /// <summary>Prepares the choice for one file.</summary>
    /// <param name="fileType">What the file shall be.</param>
    /// <param name="config">The model.</param>
    /// <param name="tensors">Names of all its tensors.</param>
    /// <param name="hasImportance">Whether there is an importance matrix.</param>
    /// <param name="keepsOutput">Whether "output.weight" stays as it is.</param>
    public QuantizationRecipe(FileType fileType, ModelConfig config, IEnumerable<string> tensors, bool hasImportance = false, bool keepsOutput = false)
    {
        _fileType = fileType;
        _keepsOutput = keepsOutput;
        _hasImportance = hasImportance;
        _layers = config.LayerCount + config.PredictionLayerCount;
        _experts = config.MixtureOfExperts?.ExpertCount ?? 0;
        _isGroupedLlama70B = config.Architecture == Architecture.Llama && _layers == 80 && config.HeadCount != config.KeyValueHeadCount;
        _isTied = true;
        foreach (string name in tensors)
        {
            if (name == "output.weight") _isTied = false;
            if (IsValue(name)) _valueTensors++;
        }
    }

    /// <summary>The order in which llama.cpp keeps tensors: those outside of layers, then layer by layer, each by name.</summary>
    /// <param name="tensors">All tensors.</param>
    /// <param name="name">GGUF's name of a tensor.</param>
    /// <returns>The same tensors, sorted.</returns>
    public static IEnumerable<T> Order<T>(IEnumerable<T> tensors, Func<T, string> name) =>
        tensors.OrderBy(tensor => LayerOf(name(tensor)) ?? -1).ThenBy(name, StringComparer.Ordinal);

    /// <summary>The type of the next tensor.</summary>
    /// <param name="name">GGUF's name of the tensor.</param>
    /// <param name="shape">Its shape, outermost dimension first.</param>
    /// <param name="current">How it is stored now.</param>
    /// <returns>The type to store it in.</returns>
    public TensorType Choose(string name, IReadOnlyList<int> shape, TensorType current)
    {
        if (!MayChange(name, shape)) return current;
        if (_fileType is FileType.F32 or FileType.F16 or FileType.BF16) return BaseType;
        int columns = shape[^1];
        return Fit(ChooseQuantised(name, columns), columns);
    }

    private TensorType BaseType => _fileType switch
    {
        FileType.F32 => TensorType.F32,
        FileType.F16 => TensorType.F16,
        FileType.BF16 => TensorType.BF16,
        FileType.Q8_0 => TensorType.Q8_0,
        FileType.Q4_0 => TensorType.Q4_0,
        FileType.Q4_K_M => TensorType.Q4_K,
        FileType.Q5_K_M => TensorType.Q5_K,
        FileType.Q6_K => TensorType.Q6_K,
        _ => throw new InvalidOperationException($"There is no file type {_fileType}."),
    };

    /// <summary>Vectors, norms, biases and the router stay as they are: they are small, and errors in them cost much.</summary>
    private bool MayChange(string name, IReadOnlyList<int> shape) =>
        shape.Count >= 2
        && name.EndsWith("weight", StringComparison.Ordinal)
        && !name.Contains("_norm.weight", StringComparison.Ordinal)
        && !name.Contains("ffn_gate_inp.weight", StringComparison.Ordinal)
        && !(_keepsOutput && name == "output.weight");

    private TensorType ChooseQuantised(string name, int columns)
    {
        TensorType type = BaseType;
        if (name == "output.weight" || (_isTied && name == "token_embd.weight"))
        {
            if (columns % type.BlockLength() != 0) return TensorType.Q8_0;
            return type == TensorType.Q8_0 ? TensorType.Q8_0 : TensorType.Q6_K;
        }

        if (name == "token_embd.weight") return type;
        if (IsValue(name)) return ChooseValue(type);
        if (name.Contains("attn_k.weight", StringComparison.Ordinal)) return _experts == 8 ? TensorType.Q8_0 : type;
        if (name.Contains("attn_output.weight", StringComparison.Ordinal)) return _experts == 8 && _fileType == FileType.Q4_K_M ? TensorType.Q5_K : type;
        return name.Contains("ffn_down", StringComparison.Ordinal) ? ChooseDown(name, type) : type;
    }

    private TensorType ChooseValue(TensorType type)
    {
        if (TakesMoreBits && UsesMoreBits(_valueIndex, _valueTensors)) type = TensorType.Q6_K;
        if (_isGroupedLlama70B && type == TensorType.Q4_K) type = TensorType.Q5_K; // 8 heads share it, so that more bits cost little
        if (_experts == 8) type = TensorType.Q8_0;
        _valueIndex++;
        return type;
    }

    private TensorType ChooseDown(string name, TensorType type)
    {
        // with experts there are several such tensors in a layer
        int layer = _experts > 1 ? LayerOf(name) ?? 0 : _downIndex;
        _downIndex++;
        if (TakesMoreBits && UsesMoreBits(layer, _layers)) return TensorType.Q6_K;
        return _fileType == FileType.Q4_0 && _hasImportance && layer < _layers / 8 ? TensorType.Q4_1 : type;
    }

    private bool TakesMoreBits => _fileType is FileType.Q4_K_M or FileType.Q5_K_M;

    /// <summary>The first and last eighth of the layers, and every third of the others.</summary>
    private static bool UsesMoreBits(int layer, int layers) => layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    /// <summary>Attention values; DeepSeek's joint matrix of keys and values counts as such, its two halves do not.</summary>
    private static bool IsValue(string name) =>
        name.Contains("attn_v.weight", StringComparison.Ordinal) || name.Contains("attn_kv_b.weight", StringComparison.Ordinal);

    /// <summary>The type itself, or one with shorter blocks where the rows do not fit.</summary>
    private static TensorType Fit(TensorType type, int columns)
    {
        if (columns % type.BlockLength() == 0) return type;
        TensorType shorter = type switch
        {
            TensorType.Q4_K => TensorType.Q5_0,
            TensorType.Q5_K => TensorType.Q5_1,
            TensorType.Q6_K => TensorType.Q8_0,
            _ => TensorType.F16,
        };
        return columns % shorter.BlockLength() == 0 ? shorter : TensorType.F16;
    }

    /// <summary>The layer in "blk.N.name", or null.</summary>
    public static int? LayerOf(string name)
    {
        const string prefix = "blk.";
        int dot = name.StartsWith(prefix, StringComparison.Ordinal) ? name.IndexOf('.', prefix.Length) : -1;
        return dot > 0 && int.TryParse(name.AsSpan(prefix.Length, dot - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : null;
    }
}
