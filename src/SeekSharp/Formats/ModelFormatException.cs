namespace SeekSharp.Formats;

/// <summary>A model file, or a part of one, is not what it must be. The message names the file, the tensor or key, and what is wrong.</summary>
/// <remarks>Messages quote what files say: control characters in them are replaced and long ones are cut off, so that they may be shown anywhere.</remarks>
public sealed class ModelFormatException : Exception
{
    private const int LongestMessage = 2000;

    /// <summary>Creates an exception without a message.</summary>
    public ModelFormatException() { }

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">File, tensor or key, and what is wrong with it.</param>
    public ModelFormatException(string message) : base(Printable(message)) { }

    /// <summary>Creates an exception with one clear sentence and its cause.</summary>
    /// <param name="message">File, tensor or key, and what is wrong with it.</param>
    /// <param name="innerException">What was thrown below.</param>
    public ModelFormatException(string message, Exception innerException) : base(Printable(message), innerException) { }

    private static string Printable(string message)
    {
        string cut = message.Length <= LongestMessage ? message : string.Concat(message.AsSpan(0, LongestMessage), "...");
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(character => char.IsControl(character) ? '\uFFFD' : character)) : cut;
    }
}
