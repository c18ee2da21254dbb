namespace SeekSharp.Hub;

/// <summary>Failures of the local disk, in words.</summary>
internal static class DiskTrouble
{
    private const int NoSpaceUnix = 28, QuotaUnix = 122, QuotaMac = 69;
    private const int NoSpaceWindows = unchecked((int)0x80070070), HandleFullWindows = unchecked((int)0x80070027);

    /// <param name="exception">What the runtime threw.</param>
    /// <param name="path">The file.</param>
    /// <param name="needed">Bytes that were to be allocated at once: the runtime gives no code of the system where that fails.</param>
    public static HubException Explain(Exception exception, string path, long needed = 0)
    {
        string folder = Path.GetDirectoryName(path) ?? path;
        bool isFull = exception is IOException && (IsFull(exception.HResult) || (needed > 0 && new DriveInfo(folder).AvailableFreeSpace < needed));
        return new HubException(
            isFull ? $"The disk of {folder} is full: free some space and pull again, what has arrived is kept." : $"{folder} cannot be written ({exception.Message.TrimEnd('.')}).",
            exception);
    }

    private static bool IsFull(int code) => code is NoSpaceUnix or QuotaUnix or QuotaMac or NoSpaceWindows or HandleFullWindows;
}
