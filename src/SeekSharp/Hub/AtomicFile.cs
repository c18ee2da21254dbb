using System.Text;

namespace SeekSharp.Hub;

/// <summary>Writes small files so that a reader sees the old text or the new one, whatever happens in between.</summary>
internal static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, string text, bool ownerOnly = false)
    {
        string temporary = path + ".tmp";
        File.Delete(temporary); // one that was left behind may have other rights
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (ownerOnly && !OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly; // on Windows the user's profile is closed to others
        using (FileStream stream = new(temporary, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
