namespace SeekSharp.Inference;

/// <summary>Where computed prefixes are kept between runs, and how many.</summary>
public sealed record PrefixStoreOptions
{
    /// <summary>The folder; it is made where it does not exist. Nobody but its owner may write there.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Most bytes of all files together. What was not used for longest makes room. Whatever this says, no more than half of what the disk has free is taken.
    /// Default 8 GiB.
    /// </summary>
    public long MaxBytes { get; init; } = 8L << 30;

    /// <summary>Sequences of fewer tokens are not kept: they are computed fast. Default 256.</summary>
    public int MinTokens { get; init; } = 256;

    /// <summary>Told once in a sentence about trouble with the folder, for which nothing fails but the keeping; or null. Called from a thread of the store.</summary>
    public Action<string>? Notice { get; init; }
}
