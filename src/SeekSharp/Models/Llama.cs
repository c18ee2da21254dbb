using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>
/// Llama 2 and 3. GGUF's converter permutes q and k so that RoPE turns neighbours; under Hugging Face's names the halves are turned: the
/// configuration's <see cref="RotaryPairing"/> says which, and nothing is permuted here.
/// </summary>
internal static class Llama
{
    public static DecoderLayer Layer(ModelConfig config, WeightLoader weights, RotaryEmbedding rotary, int layer)
    {
        string block = $"blk.{layer}.";
        int queryLength = config.HeadCount * config.HeadDimension, keyLength = config.KeyValueHeadCount * config.HeadDimension;
        return Dense.Layer(config, weights, block, new GroupedAttentionWeights
        {
            Query = Dense.Projection(weights, block + "attn_q", queryLength, config.HiddenSize, bias: false),
            Key = Dense.Projection(weights, block + "attn_k", keyLength, config.HiddenSize, bias: false),
            Value = Dense.Projection(weights, block + "attn_v", keyLength, config.HiddenSize, bias: false),
            Output = weights.Matrix(block + "attn_output.weight", config.HiddenSize, queryLength),
        }, rotary);
    }
}
