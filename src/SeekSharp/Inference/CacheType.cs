namespace SeekSharp.Inference;

/// <summary>How keys and values (or latents) are stored in the cache.</summary>
public enum CacheType
{
    /// <summary>Single precision.</summary>
    F32,
    /// <summary>Half precision.</summary>
    F16,
    /// <summary>8-bit integers with a float16 scale per 32: 47% less memory than <see cref="F16"/>. Vectors must be multiples of 32 long.</summary>
    Q8_0,
}
