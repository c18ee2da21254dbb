namespace SeekSharp.Cli.Chat;

/// <summary>What kind of terminal this is.</summary>
internal static class Terminal
{
    /// <summary>Whether the terminal says that it understands no escape sequences.</summary>
    public static bool IsDumb => !OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";

    /// <summary>Whether a person sits at both ends of a terminal that can rewrite a line.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected && !IsDumb;

    public static int Width => Math.Max(Console.WindowWidth, 20);
}
