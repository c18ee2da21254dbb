namespace SeekSharp.Models;

/// <summary>
/// The expert choice of one sequence: recorded as it is made, or replayed instead of the router's own. Replaying the choice of another run keeps
/// a comparison from breaking where the router sits on a near-tie; reinforcement learning replays the choice of the rollout.
/// </summary>
public sealed class RouterTrace
{
    private readonly Dictionary<(int Layer, int Position), int[]> _choices = [];
    private readonly Lock _lock = new();

    /// <summary>Creates a trace that observes.</summary>
    public RouterTrace() { }

    private RouterTrace(Dictionary<(int, int), int[]> choices)
    {
        _choices = choices;
        IsReplay = true;
    }

    /// <summary>Whether the recorded choice replaces the router's own. The weights of the chosen experts are still computed from the scores.</summary>
    public bool IsReplay { get; }

    /// <summary>Number of choices: one per token and mixture layer.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _choices.Count;
        }
    }

    /// <summary>A trace that replays what this one has recorded so far.</summary>
    /// <returns>The replaying trace.</returns>
    public RouterTrace ToReplay()
    {
        lock (_lock) return new RouterTrace(new Dictionary<(int, int), int[]>(_choices));
    }

    /// <summary>The experts of a token in a layer, in the order of selection (best first).</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <param name="position">Position of the token in its sequence.</param>
    /// <returns>Expert indices, or empty where nothing is recorded.</returns>
    public IReadOnlyList<int> Experts(int layer, int position)
    {
        lock (_lock) return _choices.TryGetValue((layer, position), out int[]? experts) ? experts : [];
    }

    /// <summary>Takes back what was observed of positions that have been cut off their sequence. A replay forgets nothing.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="start">First position.</param>
    /// <param name="end">Position behind the last.</param>
    internal void Forget(int layers, int start, int end)
    {
        if (IsReplay) return;
        lock (_lock)
        {
            for (int position = start; position < end; position++)
                for (int layer = 0; layer < layers; layer++) _choices.Remove((layer, position));
        }
    }

    /// <summary>Called by the router: records the choice, or overwrites it with the recorded one.</summary>
    internal void Visit(int layer, int position, Span<int> experts)
    {
        lock (_lock)
        {
            if (!IsReplay) _choices[(layer, position)] = experts.ToArray();
            else if (_choices.TryGetValue((layer, position), out int[]? recorded) && recorded.Length == experts.Length) recorded.CopyTo(experts);
        }
    }
}
