using System.Diagnostics;

namespace SeekSharp.Cli;

/// <summary>The speed of a transfer over its last seconds.</summary>
internal sealed class TransferRate
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Queue<(TimeSpan Time, long Bytes)> _samples = new();
    private (TimeSpan Time, long Bytes) _last;

    public TimeSpan Elapsed => _clock.Elapsed;

    public double BytesPerSecond => _samples.TryPeek(out var first) && _last.Time > first.Time
        ? (_last.Bytes - first.Bytes) / (_last.Time - first.Time).TotalSeconds
        : 0;

    public void Add(long bytes)
    {
        _last = (_clock.Elapsed, bytes);
        _samples.Enqueue(_last);
        while (_samples.Peek().Time < _last.Time - Window) _samples.Dequeue();
    }
}
