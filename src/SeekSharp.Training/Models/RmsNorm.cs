using SeekSharp.Training.Operations;

namespace SeekSharp.Training.Models;

/// <summary>x / sqrt(mean(x²) + epsilon) · g over the last dimension, computed in the type of g, returned in the type of x.</summary>
/// <param name="weight">g, [length].</param>
/// <param name="epsilon">Added under the root.</param>
internal sealed class RmsNorm(Tensor weight, float epsilon)
{
    /// <param name="input">[..., length].</param>
    public Tensor Forward(Tensor input) => RmsNormOperation.Apply(input, weight, epsilon);
}
