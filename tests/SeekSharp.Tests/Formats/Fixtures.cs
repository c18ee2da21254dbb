namespace SeekSharp.Tests.Formats;

/// <summary>Finds the files that other programs made, where they are present beside the project.</summary>
internal static class Fixtures
{
    /// <summary>The path of a fixture; the test is skipped where it is absent.</summary>
    public static string Path(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = System.IO.Path.Combine(folder.FullName, "shared", "fixtures", name);
            if (File.Exists(path)) return path;
        }

        Assert.Skip($"The fixture {name} is not here.");
        return "";
    }
}
