namespace SeekSharp.Cli.Tests;

/// <summary>Where the source of this build lies.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>A program of the same build as these tests.</summary>
    public static string Output(string project, string file)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        return Path.Combine(Root, project, "bin", configuration, "net10.0", file);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SeekSharp.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
    }
}
