using static TorchSharp.torch;

namespace SeekSharp.Training.Models;

/// <summary>y = x Wᵀ (+ b), in the type of x: master weights are rounded to it for the product.</summary>
/// <param name="weight">[outputs, inputs].</param>
/// <param name="bias">[outputs], or null.</param>
internal sealed class Linear(Tensor weight, Tensor? bias = null)
{
    /// <param name="input">[tokens, inputs].</param>
    /// <returns>[tokens, outputs].</returns>
    public Tensor Forward(Tensor input) =>
        nn.functional.linear(input, weight.to(input.dtype), bias?.to(input.dtype));
}
