namespace SeekSharp.Hub;

/// <summary>Held while a model is pulled or removed: two processes never work on one model. It goes with its process, however that ends.</summary>
internal sealed class ModelLock : IDisposable
{
    private readonly FileStream _file;

    private ModelLock(FileStream file) => _file = file;

    /// <exception cref="HubException">Another process holds it, or the folder cannot be written.</exception>
    public static ModelLock Take(string path, ModelName name)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // The file stays when the lock is given back: deleting it could leave two processes with locks on two files of this name.
            return new ModelLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new HubException($"{name} is being pulled or removed by another process; wait until it is done.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskTrouble.Explain(exception, path);
        }
    }

    public void Dispose() => _file.Dispose();
}
