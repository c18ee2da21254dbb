using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Builds a transformer from a configuration and weights.</summary>
internal static class TransformerBuilder
{
    public static Transformer Build(ModelConfig config, WeightLoader weights, LatentAttentionForm form)
    {
        var rotary = new RotaryEmbedding(config);
        PackedMatrix embedding = weights.Matrix("token_embd.weight", config.VocabularySize, config.HiddenSize);
        PackedMatrix head = config.TiedEmbeddings ? embedding : weights.Matrix("output.weight", config.VocabularySize, config.HiddenSize);
        NormWeight outputNorm = weights.Norm("output_norm.weight", config.HiddenSize, config.NormEpsilon);
        var layers = new DecoderLayer[config.LayerCount];
        for (int i = 0; i < layers.Length; i++) layers[i] = Layer(config, weights, rotary, i, form);
        return new Transformer(config, rotary, CacheLayout(config, form), embedding, layers, outputNorm, head);
    }

    /// <summary>What a model of this configuration caches.</summary>
    public static CacheLayout CacheLayout(ModelConfig config, LatentAttentionForm form) =>
        config.LatentAttention is null ? GroupedQueryAttention.CacheLayout(config) : DeepSeek.Cache(config, form);

    private static DecoderLayer Layer(ModelConfig config, WeightLoader weights, RotaryEmbedding rotary, int layer, LatentAttentionForm form) =>
        config.Architecture switch
        {
            Architecture.DeepSeek => DeepSeek.Layer(config, weights, rotary, layer, form),
            Architecture.Qwen2 or Architecture.Qwen3 => Qwen.Layer(config, weights, rotary, layer),
            _ => Llama.Layer(config, weights, rotary, layer),
        };
}
