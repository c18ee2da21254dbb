namespace SeekSharp.Planning;

/// <summary>A plan cannot be made from what was given. The message is one sentence: what, where, and how to put it right.</summary>
public sealed class PlanningException : Exception
{
    private const int LongestMessage = 1000;

    /// <summary>Creates an exception with one clear sentence.</summary>
    /// <param name="message">The sentence. Control characters in it, which texts of files may have, are replaced.</param>
    /// <param name="cause">What was thrown below, or null.</param>
    public PlanningException(string message, Exception? cause = null) : base(Printable(message), cause) { }

    private static string Printable(string message)
    {
        string cut = message.Length <= LongestMessage ? message : string.Concat(message.AsSpan(0, LongestMessage), "...");
        return string.Concat(cut.Select(character => char.IsControl(character) ? '\uFFFD' : character));
    }
}
