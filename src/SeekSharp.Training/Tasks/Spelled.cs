namespace SeekSharp.Training.Tasks;

/// <summary>
/// Text that shall be learned letter by letter. A word written backwards has no meaning that its usual tokens could carry, so demonstrations mark the
/// places between its letters; the encoder cuts tokens there, and the mark itself is never encoded.
/// </summary>
internal static class Spelled
{
    /// <summary>Where a token must end: U+2063, invisible separator. No prompt contains it.</summary>
    public const char Boundary = '\u2063';

    /// <summary>Puts a boundary between all characters.</summary>
    public static string Out(string text) => string.Join(Boundary, text.AsEnumerable());

    /// <summary>Takes the boundaries out.</summary>
    public static string Remove(string text) => text.Replace($"{Boundary}", "", StringComparison.Ordinal);
}
