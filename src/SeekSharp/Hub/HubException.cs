namespace SeekSharp.Hub;

/// <summary>A model could not be pulled, found or removed. The message is one sentence that says what is wrong and, where there is something, what to do.</summary>
public sealed class HubException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public HubException() { }

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">What is wrong.</param>
    public HubException(string message) : base(message) { }

    /// <summary>Creates an exception with one clear sentence and its cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What was thrown below.</param>
    public HubException(string message, Exception innerException) : base(message, innerException) { }
}
