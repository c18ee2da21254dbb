namespace SeekSharp.Hub;

/// <summary>Failures of the local disk, in words.</summary>
internal static class DiskTrouble
{
    private const int NoSpaceUnix = 28, QuotaUnix = 122, QuotaMac = 69;
    private const int NoSpaceWindows = unchecked((int)0x80070070), HandleFullWindows = unchecked((int)0x80070027);

    public static HubException Explain(Exception exception, string path)
    {
        string folder = Path.GetDirectoryName(path) ?? path;
        bool isFull = exception is IOException && exception.HResult is NoSpaceUnix or QuotaUnix or QuotaMac or NoSpaceWindows or HandleFullWindows;
        return new HubException(
            isFull ? $"The disk of {folder} is full: free some space and pull again, what has arrived is kept." : $"{folder} cannot be written ({exception.Message})",
            exception);
    }
}
