namespace SeekSharp.Server.Observability;

/// <summary>Tokens per second over the last ten whole seconds.</summary>
internal sealed class TokenRate(TimeProvider time)
{
    private const int Seconds = 10;

    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[Seconds + 1]; // the second that runs, and those before it
    private readonly long _start = time.GetTimestamp();
    private long _second;

    public void Add(int tokens)
    {
        lock (_lock)
        {
            Advance();
            _counts[_second % _counts.Length] += tokens;
        }
    }

    public double PerSecond
    {
        get
        {
            lock (_lock)
            {
                Advance();
                return (double)(_counts.Sum() - _counts[_second % _counts.Length]) / Seconds;
            }
        }
    }

    private void Advance()
    {
        long now = (long)time.GetElapsedTime(_start).TotalSeconds;
        if (now - _second > _counts.Length) _second = now - _counts.Length;
        while (_second < now) _counts[++_second % _counts.Length] = 0;
    }
}
