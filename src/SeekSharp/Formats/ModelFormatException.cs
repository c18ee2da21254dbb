namespace SeekSharp.Formats;

/// <summary>A model file, or a part of one, is not what it must be. The message names the file, the tensor or key, and what is wrong.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public ModelFormatException() { }

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">File, tensor or key, and what is wrong with it.</param>
    public ModelFormatException(string message) : base(message) { }

    /// <summary>Creates an exception with one clear sentence and its cause.</summary>
    /// <param name="message">File, tensor or key, and what is wrong with it.</param>
    /// <param name="innerException">What was thrown below.</param>
    public ModelFormatException(string message, Exception innerException) : base(message, innerException) { }
}
