namespace SeekSharp.Training.Runs;

/// <summary>What was measured in one step.</summary>
/// <param name="Step">Steps made, from 1.</param>
/// <param name="Values">Numbers by name, in the order in which they are written.</param>
/// <param name="ExpertLoad">Choices of each expert, a row per mixture layer; null where they are not recorded.</param>
internal sealed record Metrics(long Step, IReadOnlyList<(string Name, double Value)> Values, IReadOnlyList<IReadOnlyList<long>>? ExpertLoad = null)
{
    /// <summary>A number, or null where it was not measured.</summary>
    public double? Find(string name)
    {
        foreach ((string own, double value) in Values)
            if (own == name) return value;
        return null;
    }
}
