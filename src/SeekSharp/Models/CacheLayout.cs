using SeekSharp.Kernels;

namespace SeekSharp.Models;

/// <summary>What one layer keeps of one token.</summary>
/// <param name="Heads">Key-value heads; latent attention keeps one latent for all heads.</param>
/// <param name="KeyLength">Floats of a key.</param>
/// <param name="ValueLength">Floats of a value.</param>
/// <param name="ValuesInKeys">True where the value is the front of the key (absorbed latent attention): it is not stored twice.</param>
internal sealed record CacheLayout(int Heads, int KeyLength, int ValueLength, bool ValuesInKeys)
{
    /// <summary>Floats of one token in one layer.</summary>
    public int FloatsPerToken => Heads * (KeyLength + (ValuesInKeys ? 0 : ValueLength));
}

/// <summary>The cache of one sequence, as a forward pass sees it. Allocation is the business of whoever runs the pass.</summary>
internal unsafe interface ICachePages : IKeyValuePages
{
    /// <summary>Stores what one layer keeps of the token at a position.</summary>
    /// <param name="position">Position in the sequence; its page exists.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="keys">[heads, key length].</param>
    /// <param name="values">[heads, value length]; not read where values are in the keys.</param>
    void Write(int position, int layer, float* keys, float* values);
}
