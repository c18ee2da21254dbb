using SeekSharp.Training.Operations;
using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>What a layer does to each token alone.</summary>
internal interface IFeedForward
{
    /// <param name="input">Normed residual stream, [tokens, hidden].</param>
    /// <param name="pass">The forward pass, for routers.</param>
    /// <returns>What is added to the residual stream, [tokens, hidden].</returns>
    Tensor Forward(Tensor input, ForwardPass pass);
}

/// <summary>SwiGLU: W_down (silu(W_gate x) ⊙ W_up x).</summary>
internal sealed class FeedForward : IFeedForward
{
    private readonly Tensor _gateUp;
    private readonly Linear _down;
    private readonly int _width;

    public FeedForward(int hidden, int width, ParameterBuilder parameters)
    {
        _width = width;
        _gateUp = parameters.Stack("gate_up_proj.weight", ["gate_proj.weight", "up_proj.weight"], 2, width, hidden);
        _down = new Linear(parameters.Matrix("down_proj.weight", hidden, width));
    }

    public Tensor Forward(Tensor input)
    {
        Tensor gateUp = nn.functional.linear(input, _gateUp.view(2 * _width, -1).to(input.dtype)); // [tokens, gate | up]
        return _down.Forward(SwiGluOperation.Apply(gateUp)); // [tokens, hidden]
    }

    /// <inheritdoc/>
    Tensor IFeedForward.Forward(Tensor input, ForwardPass pass) => Forward(input);
}
