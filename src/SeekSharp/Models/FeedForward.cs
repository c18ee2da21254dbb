using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>The three matrices of a SwiGLU feed-forward, or of one expert.</summary>
/// <param name="Gate">[width, hidden].</param>
/// <param name="Up">[width, hidden].</param>
/// <param name="Down">[hidden, width].</param>
internal sealed record FeedForwardWeights(PackedMatrix Gate, PackedMatrix Up, PackedMatrix Down);

/// <summary>Buffers of a dense feed-forward.</summary>
internal sealed unsafe class FeedForwardBuffers(Workspace workspace, int width)
{
    public float* Gate { get; } = workspace.Floats((long)workspace.MaxRows * width);
    public float* Up { get; } = workspace.Floats((long)workspace.MaxRows * width);
    public Activations Input { get; } = workspace.Input(workspace.MaxRows, width);
}

/// <summary>SwiGLU feed-forward: down(silu(gate(x)) x up(x)).</summary>
internal sealed unsafe class FeedForward(FeedForwardWeights weights) : IFeedForward
{
    public void Forward(Workspace workspace, ForwardBatch batch, int layer)
    {
        FeedForwardBuffers buffers = workspace.FeedForward!;
        int rows = batch.Count, width = weights.Gate.Rows;
        workspace.Products.Run([
            new Product(weights.Gate, workspace.NormedInput, rows, buffers.Gate),
            new Product(weights.Up, workspace.NormedInput, rows, buffers.Up)]);
        workspace.SwiGlu(buffers.Gate, buffers.Up, width, rows);
        buffers.Input.Set(buffers.Gate, width, rows);
        workspace.Products.Run([new Product(weights.Down, buffers.Input, rows, workspace.BlockOutput)]);
    }
}
