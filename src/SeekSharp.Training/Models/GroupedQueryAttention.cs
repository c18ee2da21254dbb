using SeekSharp.Formats;
using SeekSharp.Training.Operations;

namespace SeekSharp.Training.Models;

/// <summary>Grouped-query attention (arXiv 2305.13245) of Qwen2 (with biases), Qwen3 (with norms per head) and Llama.</summary>
internal sealed class GroupedQueryAttention : IAttention
{
    private readonly int _heads;
    private readonly int _groups;
    private readonly int _dimension;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;

    public GroupedQueryAttention(ModelConfig config, ParameterBuilder parameters)
    {
        (_heads, _groups, _dimension) = (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension);
        _query = Projection("q_proj", _heads * _dimension);
        _key = Projection("k_proj", _groups * _dimension);
        _value = Projection("v_proj", _groups * _dimension);
        _output = new Linear(parameters.Matrix("o_proj.weight", config.HiddenSize, _heads * _dimension));
        if (config.Architecture == Architecture.Qwen3)
        {
            _queryNorm = new RmsNorm(parameters.Ones("q_norm.weight", _dimension), config.NormEpsilon);
            _keyNorm = new RmsNorm(parameters.Ones("k_norm.weight", _dimension), config.NormEpsilon);
        }

        Linear Projection(string name, int outputs) => new(
            parameters.Matrix(name + ".weight", outputs, config.HiddenSize),
            config.HasAttentionBias ? parameters.Zeros(name + ".bias", outputs) : null);
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, RotaryTable rotary, Dimensions dimensions)
    {
        Tensor query = Heads(_query.Forward(input), _heads), key = Heads(_key.Forward(input), _groups), value = Heads(_value.Forward(input), _groups);
        query = rotary.Rotate(_queryNorm?.Forward(query) ?? query); // [rows, length, heads, dimension]
        key = rotary.Rotate(_keyNorm?.Forward(key) ?? key); // [rows, length, groups, dimension]
        Tensor attended = CausalAttention.Apply(query.transpose(1, 2), Repeat(key), Repeat(value), 1 / Math.Sqrt(_dimension));
        return _output.Forward(attended); // [tokens, hidden]

        Tensor Heads(Tensor vectors, int heads) => vectors.view(dimensions.Rows, dimensions.Length, heads, _dimension);

        // Neighbouring query heads share a key-value head.
        Tensor Repeat(Tensor vectors) => vectors.transpose(1, 2).repeat_interleave(_heads / _groups, 1); // [rows, heads, length, dimension]
    }
}
