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
internal sealed record DecoderLayer(NormWeight AttentionNorm, IAttention Attention, NormWeight FeedForwardNorm, IFeedForward FeedForward);

/// <summary>A decoder-only transformer. Immutable: any number of workspaces compute with it at once.</summary>
internal sealed unsafe class Transformer(
    ModelConfig config, RotaryEmbedding rotary, CacheLayout cache, PackedMatrix embedding, IReadOnlyList<DecoderLayer> layers, NormWeight outputNorm,
    PackedMatrix head)
{
    public ModelConfig Config => config;
    public CacheLayout Cache => cache;

    /// <summary>Runs a batch through all layers.</summary>
    /// <param name="batch">Tokens and the cache pages of their sequences.</param>
    /// <param name="workspace">Buffers.</param>
    /// <param name="logits">Receives [logit rows, vocabulary].</param>
    public void Forward(ForwardBatch batch, Workspace workspace, float* logits)
    {
        int rows = batch.Count, hidden = config.HiddenSize;
        for (int row = 0; row < rows; row++) embedding.DecodeRow(batch.Tokens[row], new Span<float>(workspace.Hidden + (long)row * hidden, hidden));
        rotary.Prepare(batch.Positions, workspace.Cosines, workspace.Sines);
        for (int i = 0; i < layers.Count; i++)
        {
            DecoderLayer layer = layers[i];
            layer.FeedForward.Prepare(layer.FeedForwardNorm, workspace, batch);
            NormInput(layer.AttentionNorm, workspace, rows);
            layer.Attention.Forward(workspace, batch, i);
            workspace.Add(workspace.Hidden, workspace.BlockOutput, hidden, rows);
            NormInput(layer.FeedForwardNorm, workspace, rows);
            layer.FeedForward.Forward(workspace, batch, i);
            workspace.Add(workspace.Hidden, workspace.BlockOutput, hidden, rows);
        }

        if (!batch.LogitRows.IsEmpty) Head(batch, workspace, logits);
    }

    private static void NormInput(NormWeight norm, Workspace workspace, int rows)
    {
        workspace.Norm(norm, workspace.Hidden, norm.Length, workspace.Normed, norm.Length, rows);
        workspace.NormedInput.Set(workspace.Normed, norm.Length, rows);
    }

    private void Head(ForwardBatch batch, Workspace workspace, float* logits)
    {
        // Only the rows that are asked for are normed and multiplied; they move to the front.
        int count = batch.LogitRows.Length, hidden = config.HiddenSize;
        for (int i = 0; i < count; i++)
            workspace.Norm(outputNorm, workspace.Hidden + (long)batch.LogitRows[i] * hidden, hidden, workspace.Normed + (long)i * hidden, hidden, 1);
        workspace.NormedInput.Set(workspace.Normed, hidden, count);
        workspace.Products.Run([new Product(head, workspace.NormedInput, count, logits, config.VocabularySize)]);
    }
}
