namespace SeekSharp.Inference;

/// <summary>How keys and values (or latents) are stored in the cache.</summary>
public enum CacheType
{
    /// <summary>Single precision.</summary>
    F32,
    /// <summary>Half precision.</summary>
    F16,
}
