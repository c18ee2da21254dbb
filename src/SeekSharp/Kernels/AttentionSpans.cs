namespace SeekSharp.Kernels;

/// <summary>
/// The spans of positions that threads may attend to apart from each other. They lie where they lie whatever is scheduled, and are always put together in
/// ascending order, so that results do not depend on threads. They grow with the position: short sequences occupy several threads
/// too, and what has to be put together stays little.
/// </summary>
internal static class AttentionSpans
{
    private const int Short = 128, Length = 512, Long = 1024, LongStart = 4096, FirstLong = 2 + (LongStart / Length);

    /// <summary>First position of a span: 0, 128, 256, each multiple of 512 up to 4,096, and of 1,024 from there.</summary>
    public static int Start(int span) => span switch
    {
        < 3 => span * Short,
        < FirstLong => (span - 2) * Length,
        _ => LongStart + ((span - FirstLong) * Long),
    };

    /// <summary>Spans that hold the first <paramref name="positions"/> positions, at least one of them.</summary>
    public static int Count(int positions) => positions switch
    {
        <= Length => Math.Min((positions + Short - 1) / Short, 3),
        <= LongStart => ((positions + Length - 1) / Length) + 2,
        _ => ((positions - LongStart + Long - 1) / Long) + FirstLong,
    };
}
