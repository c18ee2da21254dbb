namespace SeekSharp.Cli.Tests;

/// <summary>Files that lie beside the repository, where they do.</summary>
internal static class SharedFixtures
{
    public static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "fixtures", name);
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
