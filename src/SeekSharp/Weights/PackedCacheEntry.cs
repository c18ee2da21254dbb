namespace SeekSharp.Weights;

/// <summary>Packed weights of one model in the cache.</summary>
/// <param name="ModelName">Name of the model's file or folder. It comes from the cache file: text from outside.</param>
/// <param name="Path">The cache file.</param>
/// <param name="ByteCount">Its bytes.</param>
/// <param name="LastUsed">When it was last loaded.</param>
public sealed record PackedCacheEntry(string ModelName, string Path, long ByteCount, DateTimeOffset LastUsed);
