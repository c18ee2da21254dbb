namespace SeekSharp.Cli.Data;

/// <summary>One kind of what SeekSharp keeps on disk.</summary>
/// <param name="Name">Its name in lists, and behind "--" the option that erases it.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Erase">Deletes all of it, and returns the bytes that were deleted.</param>
internal sealed record StoredData(string Name, string Folder, Func<long> Erase)
{
    /// <summary>Number of files, and their bytes; what cannot be read counts as nothing.</summary>
    public (int Files, long Bytes) Measure()
    {
        var folder = new DirectoryInfo(Folder);
        if (!folder.Exists) return (0, 0);
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        long[] sizes = [.. folder.EnumerateFiles("*", options).Select(file => file.Length)];
        return (sizes.Length, sizes.Sum());
    }
}
