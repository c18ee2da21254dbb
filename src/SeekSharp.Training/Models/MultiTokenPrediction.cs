using SeekSharp.Formats;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>
/// One module of multi-token prediction (DeepSeek-V3 §2.2, equations 21 to 23): h' = M [norm(embedding of the next token); norm(h)], one transformer
/// layer, a norm, and the head of the model. Embedding and head are the model's own; the order of the two halves is that of the published checkpoints.
/// </summary>
internal sealed class MultiTokenPrediction
{
    private readonly RmsNorm _embeddingNorm;
    private readonly RmsNorm _hiddenNorm;
    private readonly Linear _projection;
    private readonly DecoderLayer _layer;

    public MultiTokenPrediction(ModelConfig config, int layer, ParameterBuilder parameters)
    {
        _embeddingNorm = new RmsNorm(parameters.Ones("enorm.weight", config.HiddenSize), config.NormEpsilon);
        _hiddenNorm = new RmsNorm(parameters.Ones("hnorm.weight", config.HiddenSize), config.NormEpsilon);
        _projection = new Linear(parameters.Matrix("eh_proj.weight", config.HiddenSize, 2 * config.HiddenSize));
        _layer = new DecoderLayer(config, layer, parameters);
        OutputNorm = new RmsNorm(parameters.Ones("shared_head.norm.weight", config.HiddenSize), config.NormEpsilon);
    }

    /// <summary>The norm before the head.</summary>
    public RmsNorm OutputNorm { get; }

    /// <summary>The router, where the layer has one.</summary>
    public Router? Router => _layer.Router;

    /// <param name="hidden">h of the depth before, normed by the model where that is the model itself, [tokens, hidden].</param>
    /// <param name="nextEmbedding">Embeddings of the tokens that the depth before predicts, [tokens, hidden].</param>
    /// <param name="pass">The forward pass.</param>
    /// <returns>h of this depth, [tokens, hidden].</returns>
    public Tensor Forward(Tensor hidden, Tensor nextEmbedding, ForwardPass pass)
    {
        Tensor joined = cat([_embeddingNorm.Forward(nextEmbedding), _hiddenNorm.Forward(hidden)], -1); // [tokens, 2 · hidden]
        return _layer.Forward(_projection.Forward(joined), pass);
    }
}
