
namespace SeekSharp.Training.Models;

/// <summary>What mixes positions in a layer. No position sees a later one.</summary>
internal interface IAttention
{
    /// <param name="input">Normed residual stream, [tokens, hidden].</param>
    /// <param name="rotary">Cosines and sines of all positions.</param>
    /// <param name="dimensions">Rows and length of the batch.</param>
    /// <returns>What is added to the residual stream, [tokens, hidden].</returns>
    Tensor Forward(Tensor input, RotaryTable rotary, Dimensions dimensions);
}
