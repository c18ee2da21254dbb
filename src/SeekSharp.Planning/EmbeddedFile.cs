namespace SeekSharp.Planning;

/// <summary>Data files inside this library.</summary>
internal static class EmbeddedFile
{
    /// <summary>The bytes of a file.</summary>
    /// <param name="name">Its name without a folder, such as "chips.json".</param>
    public static byte[] Read(string name)
    {
        using Stream stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream($"SeekSharp.Planning.{name}")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
