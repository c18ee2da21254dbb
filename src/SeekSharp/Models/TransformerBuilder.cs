using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Builds a transformer from a configuration and weights.</summary>
internal static class TransformerBuilder
{
    /// <summary>A prediction module is built where it is wanted and the model has one.</summary>
    public static Transformer Build(ModelConfig config, WeightLoader weights, LatentAttentionForm form, bool predicts)
    {
        var rotary = new RotaryEmbedding(config);
        PackedMatrix embedding = weights.Matrix("token_embd.weight", config.VocabularySize, config.HiddenSize);
        PackedMatrix head = config.TiedEmbeddings ? embedding : weights.Matrix("output.weight", config.VocabularySize, config.HiddenSize);
        NormWeight outputNorm = weights.Norm("output_norm.weight", config.HiddenSize, config.NormEpsilon);
        var layers = new DecoderLayer[config.LayerCount];
        for (int i = 0; i < layers.Length; i++) layers[i] = Layer(config, weights, rotary, i, form);
        return new Transformer(config, rotary, CacheLayout(config, form), embedding, layers, outputNorm, head)
        {
            Prediction = predicts && config.PredictionLayerCount > 0 ? Prediction(config, weights, rotary, form, embedding, outputNorm, head) : null,
        };
    }

    /// <summary>The first prediction module: its layer is the one behind the model's. Embedding, norm and head are the model's own where it brings none.</summary>
    private static PredictionModule Prediction(
        ModelConfig config, WeightLoader weights, RotaryEmbedding rotary, LatentAttentionForm form, PackedMatrix embedding, NormWeight outputNorm, PackedMatrix head)
    {
        int hidden = config.HiddenSize;
        string block = $"blk.{config.LayerCount}.nextn.";
        return new PredictionModule(rotary, config.LayerCount, new PredictionWeights
        {
            Embedding = OwnOr("embed_tokens.weight", embedding),
            EmbeddingNorm = weights.Norm(block + "enorm.weight", hidden, config.NormEpsilon),
            HiddenNorm = weights.Norm(block + "hnorm.weight", hidden, config.NormEpsilon),
            ModelNorm = outputNorm,
            Projection = weights.Matrix(block + "eh_proj.weight", hidden, 2 * hidden),
            Layer = Layer(config, weights, rotary, config.LayerCount, form),
            OutputNorm = weights.Has(block + "shared_head_norm.weight") ? weights.Norm(block + "shared_head_norm.weight", hidden, config.NormEpsilon) : outputNorm,
            Head = OwnOr("shared_head_head.weight", head),
        });

        PackedMatrix OwnOr(string name, PackedMatrix shared) =>
            weights.Has(block + name) ? weights.Matrix(block + name, config.VocabularySize, hidden) : shared;
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
