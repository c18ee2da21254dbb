namespace SeekSharp.Inference;

/// <summary>How requests share an engine.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Most prompt tokens in one step while replies are running, so that a long prompt does not stall them. Default 128.</summary>
    public int PromptTokensPerStep { get; init; } = 128;

    /// <summary>
    /// How long a step with prompt tokens should take at most while replies are running: the measured cost of steps says how many prompt tokens that leaves, at most
    /// <see cref="PromptTokensPerStep"/>. A step that is longer without any still takes a few, so that prompts get on. Null: no limit. Default 250 ms.
    /// </summary>
    public TimeSpan? MaximumStepTime { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Most requests that hold cache pages at a time; the others wait. Default 0: as many as a step has tokens (<see cref="Engine.MaxBatch"/>).</summary>
    public int MaxRunning { get; init; }

    /// <summary>Most requests that wait to be started; a further one is refused with a <see cref="QueueFullException"/>. Default: no limit.</summary>
    public int MaxWaiting { get; init; } = int.MaxValue;

    /// <summary>Longest time that a request may expect to wait; if it is longer, the request is refused with a <see cref="QueueFullException"/>. Null: no limit. Default null.</summary>
    public TimeSpan? MaxExpectedWait { get; init; }

    /// <summary>
    /// Whether tenants share cached prefixes with one another. A prompt that was cached is answered faster, so that one tenant could learn what another has asked;
    /// by default they share nothing. See <see cref="TokenRequest.Tenant"/>.
    /// </summary>
    public bool SharesPrefixesBetweenTenants { get; init; }

    /// <summary>Keeps computed prefixes on disk, across restarts; it may serve several schedulers, and the caller disposes it after them. Default null: memory only.</summary>
    public PrefixStore? PrefixStore { get; init; }

    /// <summary>What the metrics of this scheduler call its model ("seeksharp.model"); null takes the name in the model file.</summary>
    public string? Name { get; init; }

    /// <summary>Checks every number.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public SchedulerOptions Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(PromptTokensPerStep, 1, nameof(PromptTokensPerStep));
        if (MaximumStepTime is { } time) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, nameof(MaximumStepTime));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRunning, nameof(MaxRunning));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxWaiting, nameof(MaxWaiting));
        if (MaxExpectedWait is { } wait) ArgumentOutOfRangeException.ThrowIfNegative(wait.Ticks, nameof(MaxExpectedWait));
        return this;
    }
}
