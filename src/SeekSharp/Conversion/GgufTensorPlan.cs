using SeekSharp.Formats;
using SeekSharp.Quantization;

namespace SeekSharp.Conversion;

/// <summary>A tensor under GGUF's name: its shape and where its rows come from.</summary>
internal sealed record PlannedTensor(string Name, int[] Shape, TensorSource Source);

/// <summary>
/// Brings the tensors of a Hugging Face folder into the form that llama.cpp gives them: experts stacked, DeepSeek's keys and values split and the keys transposed,
/// the rows of Llama's queries and keys permuted, prediction layers left out unless they are wanted.
/// </summary>
internal sealed class GgufTensorPlan
{
    private readonly HuggingFaceFolder _folder;
    private readonly ModelConfig _config;
    private readonly bool _keepsPrediction;
    private readonly List<PlannedTensor> _tensors = [];
    private readonly Dictionary<string, TensorSource?[]> _experts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]> _expertShapes = new(StringComparer.Ordinal);

    private GgufTensorPlan(HuggingFaceFolder folder, bool keepsPrediction)
    {
        _folder = folder;
        _config = folder.Config;
        _keepsPrediction = keepsPrediction;
    }

    /// <summary>Plans all tensors, in the order in which they are written.</summary>
    /// <exception cref="ModelFormatException">A tensor is unknown, missing, or of the wrong shape.</exception>
    public static List<PlannedTensor> Create(HuggingFaceFolder folder, bool keepsPrediction)
    {
        GgufTensorPlan plan = new(folder, keepsPrediction);
        HashSet<string> scales = [.. folder.Tensors.Where(tensor => tensor.Type == TensorType.F8E4M3).Select(tensor => tensor.Name + "_scale_inv")];
        foreach (Tensor tensor in folder.Tensors)
            if (!scales.Contains(tensor.Name)) plan.Add(tensor);
        plan.AddExperts();
        if (plan._config is { Architecture: Architecture.Llama, RotaryScaling: RotaryScaling.PerFrequency { Factors: var factors } })
            plan._tensors.Add(new PlannedTensor("rope_freqs.weight", [factors.Count], new GeneratedTensor([.. factors])));
        return [.. QuantizationRecipe.Order(plan._tensors, tensor => tensor.Name)];
    }

    private void Add(Tensor tensor)
    {
        if (tensor.Name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)) return; // computed from config.json
        string name = HuggingFaceNames.ToGguf(tensor.Name, out int? expert) ?? throw Fail(tensor, "is not known in this architecture");
        if (name == "output.weight" && _config.TiedEmbeddings) return;
        if (QuantizationRecipe.LayerOf(name) is { } layer && layer >= _config.LayerCount)
        {
            bool isPrediction = layer < _config.LayerCount + _config.PredictionLayerCount;
            if (isPrediction && !_keepsPrediction) return;
            if (!isPrediction) throw Fail(tensor, $"belongs to a layer that a model of {_config.LayerCount} layers does not have");
        }

        StoredTensor source = new(_folder, tensor);
        if (expert is { } index) AddExpert(tensor, name, index, source);
        else if (_config.LatentAttention is { } latent && name.EndsWith(".attn_kv_b.weight", StringComparison.Ordinal)) Split(tensor, name, source, latent);
        else if (IsPermuted(name)) _tensors.Add(new PlannedTensor(name, [.. tensor.Shape], Permute(tensor, source)));
        else _tensors.Add(new PlannedTensor(name, tensor.Shape.Count == 0 ? [1] : [.. tensor.Shape], source));
    }

    private bool IsPermuted(string name) => _config.Architecture == Architecture.Llama
        && (name.Contains(".attn_q.", StringComparison.Ordinal) || name.Contains(".attn_k.", StringComparison.Ordinal));

    /// <summary>The partners of RoPE, i and i + half of a head, become neighbours.</summary>
    private GatheredRows Permute(Tensor tensor, StoredTensor source)
    {
        int dimension = _config.HeadDimension;
        if (tensor.Shape.Count == 1) throw Fail(tensor, "is a bias of queries or keys, which this architecture does not have");
        if (source.Rows % dimension != 0) throw Fail(tensor, $"has {source.Rows} rows, not a multiple of the head dimension {dimension}");
        return GatheredRows.Reorder(source, source.Rows, row => HeadRows.ToHalves(row, dimension));
    }

    private void Split(Tensor tensor, string name, StoredTensor source, LatentAttentionConfig latent)
    {
        (int nope, int value, int heads) = (latent.NopeDimension, latent.ValueDimension, _config.HeadCount);
        if (tensor.Shape.Count != 2 || source.Rows != heads * (nope + value) || source.Columns != latent.KeyValueRank)
            throw Fail(tensor, $"is [{string.Join(", ", tensor.Shape)}], not [{heads * (nope + value)}, {latent.KeyValueRank}]");
        string layer = name[..^"attn_kv_b.weight".Length];
        _tensors.Add(new PlannedTensor(layer + "attn_k_b.weight", [heads, source.Columns, nope], new TransposedKeys(source, heads, nope, value)));
        GatheredRows values = GatheredRows.Reorder(source, heads * value, row => row / value * (nope + value) + nope + row % value);
        _tensors.Add(new PlannedTensor(layer + "attn_v_b.weight", [heads, value, source.Columns], values));
    }

    private void AddExpert(Tensor tensor, string name, int index, StoredTensor source)
    {
        int count = _config.MixtureOfExperts?.ExpertCount ?? 0;
        if (index >= count) throw Fail(tensor, $"belongs to an expert that a model of {count} experts does not have");
        if (!_experts.TryGetValue(name, out TensorSource?[]? sources))
        {
            _experts[name] = sources = new TensorSource?[count];
            _expertShapes[name] = [.. tensor.Shape];
        }

        if (tensor.Shape.Count != 2 || !tensor.Shape.SequenceEqual(_expertShapes[name])) throw Fail(tensor, "has another shape than the experts beside it");
        sources[index] = source;
    }

    private void AddExperts()
    {
        foreach ((string name, TensorSource?[] sources) in _experts)
        {
            int missing = Array.IndexOf(sources, null);
            if (missing >= 0) throw new ModelFormatException($"{_folder.Path}: tensor '{HuggingFaceNames.FromGguf(name, missing)}' is missing.");
            _tensors.Add(new PlannedTensor(name, [sources.Length, .. _expertShapes[name]], GatheredRows.Stack(sources!)));
        }
    }

    private ModelFormatException Fail(Tensor tensor, string what) => new($"{_folder.Path}: tensor '{tensor.Name}' {what}.");
}
