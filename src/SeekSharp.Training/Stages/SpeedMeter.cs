using System.Diagnostics;

namespace SeekSharp.Training.Stages;

/// <summary>Tokens per second over the last steps.</summary>
internal sealed class SpeedMeter
{
    private const int Window = 20;

    private readonly Queue<(long Time, long Tokens)> _marks = new([(Stopwatch.GetTimestamp(), 0)]);
    private long _tokens;

    /// <summary>The speed.</summary>
    public double PerSecond { get; private set; }

    /// <summary>Counts the tokens of a step.</summary>
    public void Add(int tokens)
    {
        _tokens += tokens;
        (long time, long before) = _marks.Peek();
        double seconds = Stopwatch.GetElapsedTime(time).TotalSeconds;
        PerSecond = seconds > 0 ? Math.Round((_tokens - before) / seconds) : 0;
        _marks.Enqueue((Stopwatch.GetTimestamp(), _tokens));
        if (_marks.Count > Window) _marks.Dequeue();
    }
}
