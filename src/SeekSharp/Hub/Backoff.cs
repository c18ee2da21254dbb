namespace SeekSharp.Hub;

/// <summary>A failure that may pass: the same request is tried again.</summary>
internal sealed class TransientException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>How long the server asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>Waits between attempts: longer each time, and as long as the server asks.</summary>
internal sealed class Backoff(HubOptions options, PullProgress? progress)
{
    private int _failures;

    /// <summary>Called after real progress: the count of failures starts anew.</summary>
    public void Reset() => _failures = 0;

    /// <exception cref="HubException">It failed too often, or the server asks for too long a wait.</exception>
    public async Task WaitAsync(TransientException failure, CancellationToken cancellation)
    {
        _failures++;
        if (_failures >= options.Attempts)
            throw new HubException($"{failure.Message}; given up after {_failures} attempts, what has arrived is kept for the next pull.", failure);
        TimeSpan delay = failure.RetryAfter ?? Exponential();
        if (delay > options.LongestDelay)
            throw new HubException($"{failure.Message} and asks to wait {delay.TotalMinutes:F0} minutes: pull again then.", failure);
        if (progress is not null) progress.Trouble = $"{failure.Message}; trying again in {delay.TotalSeconds:F1} s";
        await Task.Delay(delay, cancellation).ConfigureAwait(false);
        if (progress is not null) progress.Trouble = null;
    }

    public static async Task<T> RetryAsync<T>(HubOptions options, PullProgress? progress, Func<Task<T>> attempt, CancellationToken cancellation)
    {
        Backoff backoff = new(options, progress);
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (TransientException failure)
            {
                await backoff.WaitAsync(failure, cancellation).ConfigureAwait(false);
            }
        }
    }

    // Jitter keeps the parts of a file, and the clients of a hub, from coming back all at once.
    private TimeSpan Exponential()
    {
        double factor = Math.Pow(2, _failures - 1) * (0.75 + (0.5 * Random.Shared.NextDouble()));
        return TimeSpan.FromSeconds(Math.Min(options.FirstDelay.TotalSeconds * factor, options.LongestDelay.TotalSeconds));
    }
}
