namespace SeekSharp.Training.Tasks;

/// <summary>Which part of a task's problems.</summary>
public enum Split
{
    /// <summary>Problems to learn from.</summary>
    Train,

    /// <summary>Problems of the same range that are never learned from; half of them in words that are never learned from.</summary>
    Test,

    /// <summary>Harder problems than any of the other two: more digits, more steps.</summary>
    OutOfRange,
}
