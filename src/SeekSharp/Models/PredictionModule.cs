using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Weights of a prediction module around its decoder layer.</summary>
internal sealed class PredictionWeights
{
    public required PackedMatrix Embedding { get; init; }
    public required NormWeight EmbeddingNorm { get; init; }
    public required NormWeight HiddenNorm { get; init; }

    /// <summary>The model's last norm.</summary>
    public required NormWeight ModelNorm { get; init; }

    /// <summary>Joins embedding and hidden state [hidden, 2 x hidden].</summary>
    public required PackedMatrix Projection { get; init; }
    public required DecoderLayer Layer { get; init; }
    public required NormWeight OutputNorm { get; init; }
    public required PackedMatrix Head { get; init; }
}

/// <summary>Buffers of a prediction module.</summary>
internal sealed unsafe class PredictionBuffers(Workspace workspace, int hidden)
{
    /// <summary>Embedding and hidden state side by side [rows, 2 x hidden], and the same as input of the projection.</summary>
    public float* Joined { get; } = workspace.Floats(2L * workspace.MaxRows * hidden);
    public Activations JoinedInput { get; } = workspace.Input(workspace.MaxRows, 2 * hidden);
}

/// <summary>
/// Multi-token prediction (DeepSeek-V3 §2.2, equations 21 to 23): from a token's hidden state and the token behind it, a layer of its own foresees the token behind that.
/// h'_i = M [RMSNorm(Emb(t_i+1)); RMSNorm(h_i)], the embedding first as in the released weights and h_i behind the model's last norm, as other engines run them; then one
/// decoder layer, norm and head. More than one token is foreseen by feeding the module its own hidden state. Immutable.
/// </summary>
/// <param name="rotary">Rotary embedding of the model.</param>
/// <param name="cacheLayer">The layer of the cache that is the module's own: the one behind the model's.</param>
/// <param name="weights">The weights.</param>
internal sealed unsafe class PredictionModule(RotaryEmbedding rotary, int cacheLayer, PredictionWeights weights)
{
    /// <summary>Runs the module.</summary>
    /// <param name="batch">The tokens t_i+1, each at the position i.</param>
    /// <param name="hiddenRows">For each token the row of the workspace's hidden states with h_i, not normed yet.</param>
    /// <param name="areModels">Whether these are the model's hidden states, or the module's own.</param>
    /// <param name="workspace">Buffers; its hidden states become those of the module.</param>
    /// <param name="logits">Receives [logit rows, vocabulary]: of the tokens t_i+2.</param>
    public void Forward(ForwardBatch batch, ReadOnlySpan<int> hiddenRows, bool areModels, Workspace workspace, float* logits)
    {
        int rows = batch.Count, hidden = weights.OutputNorm.Length;
        PredictionBuffers buffers = workspace.Prediction!;
        for (int row = 0; row < rows; row++)
        {
            float* joined = buffers.Joined + 2L * row * hidden;
            weights.Embedding.DecodeRow(batch.Tokens[row], new Span<float>(joined, hidden));
            new ReadOnlySpan<float>(workspace.Hidden + (long)hiddenRows[row] * hidden, hidden).CopyTo(new Span<float>(joined + hidden, hidden));
        }

        workspace.Norm(weights.EmbeddingNorm, buffers.Joined, 2 * hidden, buffers.Joined, 2 * hidden, rows);
        if (areModels) workspace.Norm(weights.ModelNorm, buffers.Joined + hidden, 2 * hidden, buffers.Joined + hidden, 2 * hidden, rows);
        workspace.Norm(weights.HiddenNorm, buffers.Joined + hidden, 2 * hidden, buffers.Joined + hidden, 2 * hidden, rows);
        buffers.JoinedInput.Set(buffers.Joined, 2 * hidden, rows);
        workspace.Products.Run([new Product(weights.Projection, buffers.JoinedInput, rows, workspace.Hidden)]);

        rotary.Prepare(batch.Positions, workspace.Cosines, workspace.Sines);
        weights.Layer.Forward(workspace, batch, cacheLayer);
        if (!batch.LogitRows.IsEmpty) Transformer.Head(weights.OutputNorm, weights.Head, batch, workspace, logits);
    }
}
