namespace SeekSharp.Training.Tasks;

/// <summary>A user's file of problems is not what it must be. The message is one sentence that names file and line.</summary>
public sealed class TaskFileException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public TaskFileException() { }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">File, line, and what is wrong with it.</param>
    public TaskFileException(string message) : base(message) { }

    /// <summary>Creates an exception with its cause.</summary>
    /// <param name="message">File, line, and what is wrong with it.</param>
    /// <param name="innerException">What was thrown below.</param>
    public TaskFileException(string message, Exception innerException) : base(message, innerException) { }
}
