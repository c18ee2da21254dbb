using SeekSharp.Formats;

namespace SeekSharp.Training.Models;

/// <summary>x += attention(norm(x)); x += feed-forward(norm(x)).</summary>
internal sealed class DecoderLayer
{
    private readonly RmsNorm _attentionNorm;
    private readonly IAttention _attention;
    private readonly RmsNorm _feedForwardNorm;
    private readonly IFeedForward _feedForward;

    public DecoderLayer(ModelConfig config, int layer, ParameterBuilder parameters)
    {
        _attentionNorm = new RmsNorm(parameters.Ones("input_layernorm.weight", config.HiddenSize), config.NormEpsilon);
        _attention = config.LatentAttention is null
            ? new GroupedQueryAttention(config, parameters.Within("self_attn"))
            : new MultiHeadLatentAttention(config, parameters.Within("self_attn"));
        _feedForwardNorm = new RmsNorm(parameters.Ones("post_attention_layernorm.weight", config.HiddenSize), config.NormEpsilon);
        _feedForward = config.IsMixtureLayer(layer)
            ? new MixtureOfExperts(config, layer, parameters.Within("mlp"))
            : new FeedForward(config.HiddenSize, config.FeedForwardSize, parameters.Within("mlp"));
    }

    /// <summary>The router, where the layer has one.</summary>
    public Router? Router => (_feedForward as MixtureOfExperts)?.Router;

    /// <param name="hidden">Residual stream, [tokens, hidden].</param>
    /// <param name="pass">The forward pass.</param>
    /// <returns>The residual stream behind the layer, [tokens, hidden].</returns>
    public Tensor Forward(Tensor hidden, ForwardPass pass)
    {
        hidden = hidden + _attention.Forward(_attentionNorm.Forward(hidden), pass.Rotary, pass.Dimensions);
        return hidden + _feedForward.Forward(_feedForwardNorm.Forward(hidden), pass);
    }
}
