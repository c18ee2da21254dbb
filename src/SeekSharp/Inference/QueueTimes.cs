using System.Diagnostics;

namespace SeekSharp.Inference;

/// <summary>How fast the queue moves: the mean time from one start of a request to the next, while others wait.</summary>
internal sealed class QueueTimes
{
    private const double Weight = 1.0 / 8;

    private readonly Lock _lock = new();
    private double _interval;
    private long _lastStart;

    /// <summary>Takes the start of a request in.</summary>
    /// <param name="submitted">When it was submitted, a timestamp.</param>
    /// <param name="now">A timestamp.</param>
    public void ObserveStart(long submitted, long now)
    {
        lock (_lock)
        {
            // Where nobody waited at the last start, the time since then says how often requests come, not how fast they are served.
            if (_lastStart != 0 && submitted <= _lastStart)
            {
                double interval = Stopwatch.GetElapsedTime(_lastStart, now).TotalSeconds;
                _interval = _interval == 0 ? interval : _interval + (interval - _interval) * Weight;
            }

            _lastStart = now;
        }
    }

    /// <summary>How long a request will wait.</summary>
    /// <param name="ahead">Requests that wait already.</param>
    public TimeSpan Expect(int ahead)
    {
        lock (_lock) return TimeSpan.FromSeconds(Math.Min(ahead * _interval, 86_400));
    }
}
