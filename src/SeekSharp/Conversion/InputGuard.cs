namespace SeekSharp.Conversion;

/// <summary>Keeps a model from being written over the files that it is read from.</summary>
internal static class InputGuard
{
    /// <summary>Checks that no input is the output or lies in it.</summary>
    /// <param name="output">The file or folder that is to be written.</param>
    /// <param name="inputs">The files that are read.</param>
    /// <exception cref="IOException">One is.</exception>
    public static void RequireOutside(string output, IEnumerable<string> inputs)
    {
        StringComparison comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        foreach (string input in inputs.Select(Path.GetFullPath))
        {
            if (input.Equals(target, comparison)) throw new IOException($"'{output}' is the input; give another name.");
            if (input.StartsWith(target + Path.DirectorySeparatorChar, comparison)) throw new IOException($"'{output}' holds the input; give another name.");
        }
    }
}
