using SeekSharp.Formats;
using SeekSharp.Training.Operations;

namespace SeekSharp.Training.Models;

/// <summary>
/// Latent attention (DeepSeek-V3 §2.1.1, equations 1 to 11) in the naive form, which is the cheaper one where all positions are computed at once.
/// </summary>
internal sealed class MultiHeadLatentAttention : IAttention
{
    private readonly LatentAttentionConfig _latent;
    private readonly int _heads;
    private readonly double _scale;
    private readonly Linear? _queryDown;
    private readonly RmsNorm? _queryNorm;
    private readonly Linear _queryUp;
    private readonly Linear _keyValueDown;
    private readonly RmsNorm _keyValueNorm;
    private readonly Linear _keyValueUp;
    private readonly Linear _output;

    public MultiHeadLatentAttention(ModelConfig config, ParameterBuilder parameters)
    {
        _latent = config.LatentAttention!;
        _heads = config.HeadCount;
        _scale = SeekSharp.Models.MultiHeadLatentAttention.SoftmaxScale(config);
        int hidden = config.HiddenSize, queries = _heads * config.HeadDimension;
        (int queryRank, int rank, int nope, int rotary, int value) = _latent;
        if (queryRank > 0)
        {
            _queryDown = new Linear(parameters.Matrix("q_a_proj.weight", queryRank, hidden));
            _queryNorm = new RmsNorm(parameters.Ones("q_a_layernorm.weight", queryRank), config.NormEpsilon);
            _queryUp = new Linear(parameters.Matrix("q_b_proj.weight", queries, queryRank));
        }
        else
        {
            _queryUp = new Linear(parameters.Matrix("q_proj.weight", queries, hidden));
        }

        _keyValueDown = new Linear(parameters.Matrix("kv_a_proj_with_mqa.weight", rank + rotary, hidden));
        _keyValueNorm = new RmsNorm(parameters.Ones("kv_a_layernorm.weight", rank), config.NormEpsilon);
        _keyValueUp = new Linear(parameters.Matrix("kv_b_proj.weight", _heads * (nope + value), rank));
        _output = new Linear(parameters.Matrix("o_proj.weight", hidden, _heads * value));
    }

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, RotaryTable rotary, Dimensions dimensions)
    {
        Tensor query = _queryUp.Forward(_queryDown is null ? input : _queryNorm!.Forward(_queryDown.Forward(input))); // [tokens, heads · (nope + rotary)]
        Tensor down = _keyValueDown.Forward(input); // [tokens, rank + rotary]
        Tensor latent = _keyValueNorm.Forward(down.narrow(-1, 0, _latent.KeyValueRank)); // [tokens, rank]
        Tensor sharedKey = down.narrow(-1, _latent.KeyValueRank, _latent.RotaryDimension); // [tokens, rotary]: one for all heads
        Tensor keyValue = _keyValueUp.Forward(latent); // [tokens, heads · (nope + value)]

        (Tensor queries, Tensor keys, Tensor values) = LatentHeadsOperation.Apply(query, keyValue, sharedKey, rotary, dimensions, _heads, _latent);
        Tensor attended = CausalAttention.Apply(queries, keys, values, _scale); // [tokens, heads · value]
        return _output.Forward(attended);
    }
}
