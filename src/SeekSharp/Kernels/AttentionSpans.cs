namespace SeekSharp.Kernels;

/// <summary>
/// The spans of positions that threads may attend to apart from each other. They lie where they lie whatever is scheduled, and are always put together in
/// ascending order, so that results do not depend on threads. The first are shorter: short sequences occupy several threads too.
/// </summary>
internal static class AttentionSpans
{
    private const int Length = 512, Short = 128;

    /// <summary>First position of a span: 0, 128, 256, then each multiple of 512.</summary>
    public static int Start(int span) => span < 3 ? span * Short : (span - 2) * Length;

    /// <summary>Spans that hold the first <paramref name="positions"/> positions, at least one of them.</summary>
    public static int Count(int positions) => positions <= Length ? Math.Min((positions + Short - 1) / Short, 3) : ((positions + Length - 1) / Length) + 2;
}
