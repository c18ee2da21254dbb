namespace SeekSharp.Hub;

/// <summary>A file of a repository, as the hub lists it.</summary>
/// <param name="Path">The path in the repository, unchecked.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">What the content must hash to.</param>
public sealed record HubFile(string Path, long Size, ContentHash Hash);

/// <summary>A repository at one commit.</summary>
/// <param name="Name">The repository; its variant is null.</param>
/// <param name="Commit">The commit, 40 hexadecimal digits.</param>
/// <param name="Files">All files of that commit.</param>
public sealed record HubRepository(ModelName Name, string Commit, IReadOnlyList<HubFile> Files);
