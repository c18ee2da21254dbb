namespace SeekSharp.Weights;

/// <summary>Where packed weights are kept between loads, and how many.</summary>
public sealed record PackedCacheOptions
{
    /// <summary>
    /// The folder; null takes "seeksharp/packed" in the user's folder for caches: $XDG_CACHE_HOME or ~/.cache, ~/Library/Caches, or LocalAppData.
    /// Nobody but its owner may write there.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Most bytes of all files together. What was not used for longest makes room. Whatever this says, the cache takes no more than half of what the disk has free.
    /// Default 64 GiB.
    /// </summary>
    public long MaxBytes { get; init; } = 64L << 30;

    /// <summary>Models of fewer packed bytes are not kept: they load fast without. Default 256 MiB.</summary>
    public long MinModelBytes { get; init; } = 256L << 20;
}
