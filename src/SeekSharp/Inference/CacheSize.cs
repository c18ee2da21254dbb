using SeekSharp.Formats;

namespace SeekSharp.Inference;

/// <summary>How much memory keys and values take.</summary>
public static class CacheSize
{
    /// <summary>
    /// Bytes per token and all layers: latent attention keeps one latent and one rotary key (DeepSeek-V2 §2.1.3, table 1), grouped attention a key and
    /// a value per key-value head.
    /// </summary>
    /// <param name="config">The model.</param>
    /// <param name="type">How each number is stored.</param>
    /// <returns>Bytes per token.</returns>
    public static long BytesPerToken(ModelConfig config, CacheType type)
    {
        ArgumentNullException.ThrowIfNull(config);
        long perLayer = config.LatentAttention is { } latent
            ? latent.KeyValueRank + latent.RotaryDimension
            : 2L * config.KeyValueHeadCount * config.HeadDimension;
        return perLayer * config.LayerCount * (type == CacheType.F32 ? sizeof(float) : sizeof(ushort));
    }
}
