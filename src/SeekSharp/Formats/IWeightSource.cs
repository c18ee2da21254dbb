namespace SeekSharp.Formats;

/// <summary>Where a model finds its weights: a GGUF file, a Hugging Face folder, or tensors in memory.</summary>
/// <remarks>
/// Weights are asked for under GGUF's names ("blk.0.attn_norm.weight"), whatever the source calls them. The three expert matrices of a
/// layer are asked for one expert at a time, since some sources stack them and some do not.
/// </remarks>
public interface IWeightSource
{
    /// <summary>Finds a tensor.</summary>
    /// <param name="name">GGUF's name of the tensor.</param>
    /// <param name="expert">For stacked expert tensors ("..._exps.weight"): which expert; otherwise null.</param>
    /// <returns>The tensor, or null where the source has none of that name.</returns>
    /// <exception cref="ModelFormatException">The tensor exists but is malformed, or there is no such expert.</exception>
    Tensor? Find(string name, int? expert = null);

    /// <summary>Says that a tensor's bytes will not be read again soon, so that the operating system may drop them from memory.</summary>
    /// <param name="tensor">A tensor that this source handed out. It stays readable.</param>
    void Release(Tensor tensor) { }

    /// <summary>Says that a tensor's bytes will be read soon, so that the operating system may begin to bring them into memory.</summary>
    /// <param name="tensor">A tensor that this source handed out.</param>
    void Prefetch(Tensor tensor) { }
}
