namespace SeekSharp.Cli;

internal static class ExitCodes
{
    public const int Success = 0;
    public const int Error = 1;
    public const int Interrupted = 130; // 128 + SIGINT, as shells have it.
}
