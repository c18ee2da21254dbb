using SeekSharp.Formats;
using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>Attention of one layer: reads the workspace's normed input, leaves what is to be added in its block output.</summary>
internal interface IAttention
{
    void Forward(Workspace workspace, ForwardBatch batch, int layer);
}

/// <summary>Feed-forward of one layer: reads the workspace's normed input, leaves what is to be added in its block output.</summary>
internal interface IFeedForward
{
    /// <summary>Called before the layer's attention, when the workspace's normed input is free: says what will probably be needed.</summary>
    void Prepare(NormWeight norm, Workspace workspace, ForwardBatch batch) { }

    void Forward(Workspace workspace, ForwardBatch batch, int layer);
}

/// <summary>One layer: x += attention(norm(x)); x += feedForward(norm(x)).</summary>
internal sealed record DecoderLayer(NormWeight AttentionNorm, IAttention Attention, NormWeight FeedForwardNorm, IFeedForward FeedForward)
{
    /// <summary>Runs a batch whose residual stream is in the workspace.</summary>
    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        int rows = batch.Count;
        FeedForward.Prepare(FeedForwardNorm, workspace, batch);
        NormInput(AttentionNorm, workspace, rows);
        Attention.Forward(workspace, batch, layer);
        AddBlockOutput(workspace, rows);
        NormInput(FeedForwardNorm, workspace, rows);
        FeedForward.Forward(workspace, batch, layer);
        AddBlockOutput(workspace, rows);
    }

    private static unsafe void NormInput(NormWeight norm, Workspace workspace, int rows)
    {
        workspace.Norm(norm, workspace.Hidden, norm.Length, workspace.Normed, norm.Length, rows);
        workspace.NormedInput.Set(workspace.Normed, norm.Length, rows);
    }

    private static unsafe void AddBlockOutput(Workspace workspace, int rows) =>
        workspace.Add(workspace.Hidden, workspace.BlockOutput, workspace.Config.HiddenSize, rows);
}

/// <summary>A decoder-only transformer. Immutable: any number of workspaces compute with it at once.</summary>
internal sealed unsafe class Transformer(
    ModelConfig config, RotaryEmbedding rotary, CacheLayout cache, PackedMatrix embedding, IReadOnlyList<DecoderLayer> layers, NormWeight outputNorm,
    PackedMatrix head)
{
    public ModelConfig Config => config;
    public CacheLayout Cache => cache;

    /// <summary>Foresees tokens behind the next one; null where the model has no such module or it was not asked for.</summary>
    public PredictionModule? Prediction { get; init; }

    /// <summary>Layers of the cache: one per layer, and one of the prediction module.</summary>
    public int CacheLayers => layers.Count + (Prediction is null ? 0 : 1);

    /// <summary>Runs a batch through all layers.</summary>
    /// <param name="batch">Tokens and the cache pages of their sequences.</param>
    /// <param name="workspace">Buffers.</param>
    /// <param name="logits">Receives [logit rows, vocabulary].</param>
    public void Forward(ForwardBatch batch, Workspace workspace, float* logits)
    {
        int rows = batch.Count, hidden = config.HiddenSize;
        for (int row = 0; row < rows; row++) embedding.DecodeRow(batch.Tokens[row], new Span<float>(workspace.Hidden + (long)row * hidden, hidden));
        rotary.Prepare(batch.Positions, workspace.Cosines, workspace.Sines);
        for (int i = 0; i < layers.Count; i++) layers[i].Forward(workspace, batch, i);
        if (!batch.LogitRows.IsEmpty) Head(outputNorm, head, batch, workspace, logits);
    }

    /// <summary>Norm and head of the rows whose logits are wanted.</summary>
    internal static void Head(NormWeight norm, PackedMatrix head, ForwardBatch batch, Workspace workspace, float* logits)
    {
        // Only the rows that are asked for are normed and multiplied; they move to the front.
        int count = batch.LogitRows.Length, hidden = norm.Length;
        for (int i = 0; i < count; i++)
            workspace.Norm(norm, workspace.Hidden + (long)batch.LogitRows[i] * hidden, hidden, workspace.Normed + (long)i * hidden, hidden, 1);
        workspace.NormedInput.Set(workspace.Normed, hidden, count);
        workspace.Products.Run([new Product(head, workspace.NormedInput, count, logits, head.Rows)]);
    }
}
