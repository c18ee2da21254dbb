namespace SeekSharp.Server.Security;

/// <summary>
/// So much per minute: a bucket that fills evenly and holds one minute's worth. Unlike the limiters of System.Threading.RateLimiting it can go into debt, which it
/// must: what a reply costs is known when it has been given.
/// </summary>
internal sealed class MinuteBudget(int perMinute, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _left = perMinute;
    private long _updated = time.GetTimestamp();

    public int PerMinute => perMinute;

    /// <summary>Takes a cost if anything is left.</summary>
    /// <param name="cost">The cost, as far as it is known.</param>
    /// <param name="wait">How long until something will be left; zero where the cost was taken.</param>
    public bool TryTake(int cost, out TimeSpan wait)
    {
        lock (_lock)
        {
            Fill();
            double needed = Math.Max(1, cost) - _left;
            wait = needed > 0 ? TimeSpan.FromMinutes(needed / perMinute) : TimeSpan.Zero;
            if (needed > 0) return false;
            _left -= cost;
            return true;
        }
    }

    /// <summary>Takes a cost whether it is left or not.</summary>
    public void Charge(int cost)
    {
        lock (_lock)
        {
            Fill();
            _left -= cost;
        }
    }

    private void Fill()
    {
        long now = time.GetTimestamp();
        _left = Math.Min(perMinute, _left + time.GetElapsedTime(_updated, now).TotalMinutes * perMinute);
        _updated = now;
    }
}
