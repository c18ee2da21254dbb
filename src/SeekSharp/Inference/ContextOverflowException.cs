namespace SeekSharp.Inference;

/// <summary>A sequence does not fit into the cache. Nothing was computed.</summary>
public sealed class ContextOverflowException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public ContextOverflowException() { }

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">What does not fit where.</param>
    public ContextOverflowException(string message) : base(message) { }

    /// <summary>Creates an exception with one clear sentence and its cause.</summary>
    /// <param name="message">What does not fit where.</param>
    /// <param name="innerException">What was thrown below.</param>
    public ContextOverflowException(string message, Exception innerException) : base(message, innerException) { }
}
