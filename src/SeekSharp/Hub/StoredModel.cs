namespace SeekSharp.Hub;

/// <summary>A model in the store.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Path">What opens it: a GGUF file or a folder.</param>
/// <param name="Size">Bytes of its files.</param>
/// <param name="Revision">The revision that was pulled.</param>
/// <param name="Commit">The commit which that was.</param>
/// <param name="Pulled">When.</param>
/// <param name="IsComplete">False: a pull of it was broken off, and pulling again goes on with it.</param>
/// <param name="Files">Its files; of an incomplete one those that it will have.</param>
public sealed record StoredModel(
    ModelName Name,
    string Path,
    long Size,
    string Revision,
    string Commit,
    DateTimeOffset Pulled,
    bool IsComplete,
    IReadOnlyList<StoredFile> Files);
