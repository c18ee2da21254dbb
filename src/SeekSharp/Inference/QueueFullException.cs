namespace SeekSharp.Inference;

/// <summary>A request was not taken because too many wait already. Nothing was computed.</summary>
public sealed class QueueFullException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public QueueFullException() { }

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">What is full.</param>
    public QueueFullException(string message) : base(message) { }

    /// <summary>Creates an exception with one clear sentence and its cause.</summary>
    /// <param name="message">What is full.</param>
    /// <param name="innerException">What was thrown below.</param>
    public QueueFullException(string message, Exception innerException) : base(message, innerException) { }

    internal QueueFullException(int waiting, TimeSpan retryAfter)
        : base($"{waiting} requests wait already; try again in {Math.Ceiling(retryAfter.TotalSeconds)} s.") => RetryAfter = retryAfter;

    /// <summary>When it makes sense to try again: about when those that wait now will have been started. At least a second.</summary>
    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(1);
}
