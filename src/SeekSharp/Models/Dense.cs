using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>What the dense families share.</summary>
internal static class Dense
{
    /// <summary>A layer of grouped-query attention and a SwiGLU feed-forward.</summary>
    public static DecoderLayer Layer(ModelConfig config, WeightLoader weights, string block, GroupedAttentionWeights attention, RotaryEmbedding rotary) => new(
        weights.Norm(block + "attn_norm.weight", config.HiddenSize, config.NormEpsilon),
        new GroupedQueryAttention(config, rotary, attention),
        weights.Norm(block + "ffn_norm.weight", config.HiddenSize, config.NormEpsilon),
        FeedForward(config, weights, block));

    public static FeedForward FeedForward(ModelConfig config, WeightLoader weights, string block) => new(new FeedForwardWeights(
        weights.Matrix(block + "ffn_gate.weight", config.FeedForwardSize, config.HiddenSize),
        weights.Matrix(block + "ffn_up.weight", config.FeedForwardSize, config.HiddenSize),
        weights.Matrix(block + "ffn_down.weight", config.HiddenSize, config.FeedForwardSize)));

    /// <summary>A projection, with its bias where <paramref name="bias"/> says that the family has one.</summary>
    public static unsafe Projection Projection(WeightLoader weights, string name, int rows, int columns, bool bias) =>
        new(weights.Matrix(name + ".weight", rows, columns), bias ? weights.Vector(name + ".bias", rows) : null);
}
