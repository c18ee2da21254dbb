using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>Qwen2 and Qwen2.5 (biases on q, k and v) and Qwen3 (norms on every head's query and key).</summary>
internal static class Qwen
{
    public static DecoderLayer Layer(ModelConfig config, WeightLoader weights, RotaryEmbedding rotary, int layer)
    {
        string block = $"blk.{layer}.";
        int queryLength = config.HeadCount * config.HeadDimension, keyLength = config.KeyValueHeadCount * config.HeadDimension;
        bool headNorms = config.Architecture == Architecture.Qwen3;
        return Dense.Layer(config, weights, block, new GroupedAttentionWeights
        {
            Query = Dense.Projection(weights, block + "attn_q", queryLength, config.HiddenSize, config.HasAttentionBias),
            Key = Dense.Projection(weights, block + "attn_k", keyLength, config.HiddenSize, config.HasAttentionBias),
            Value = Dense.Projection(weights, block + "attn_v", keyLength, config.HiddenSize, config.HasAttentionBias),
            Output = weights.Matrix(block + "attn_output.weight", config.HiddenSize, queryLength),
            QueryNorm = headNorms ? weights.Norm(block + "attn_q_norm.weight", config.HeadDimension, config.NormEpsilon) : null,
            KeyNorm = headNorms ? weights.Norm(block + "attn_k_norm.weight", config.HeadDimension, config.NormEpsilon) : null,
        }, rotary);
    }
}
