namespace SeekSharp.Cli;

/// <summary>What commands that write models share.</summary>
internal static class Writing
{
    /// <summary>Refuses to write over what is there, unless asked to.</summary>
    public static void RequireFree(string output, bool force)
    {
        if (!force && (File.Exists(output) || Directory.Exists(output))) throw new CommandException($"'{output}' exists; give another name or --force.");
    }
}
