using System.Globalization;
using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Stages;

/// <summary>
/// Which task a prompt of reinforcement learning comes from. A group whose replies are all right or all wrong teaches nothing; how many are not is greatest
/// where half of the replies are right, so that tasks are drawn by their weight times p (1 - p).
/// </summary>
internal sealed class TaskChoice
{
    private const string Prefix = "accuracy/";
    private const double Memory = 0.95, Unknown = 0.5, Floor = 0.02;

    private readonly (ITask Task, double Weight)[] _parts;
    private readonly bool _isAdaptive;
    private readonly Dictionary<string, double> _accuracy;

    /// <param name="parts">Tasks with their weights.</param>
    /// <param name="isAdaptive">Whether accuracy counts.</param>
    /// <param name="state">Values of a checkpoint, or of none.</param>
    public TaskChoice(IReadOnlyList<(ITask Task, double Weight)> parts, bool isAdaptive, IReadOnlyDictionary<string, string> state)
    {
        (_parts, _isAdaptive) = ([.. parts], isAdaptive);
        _accuracy = _parts.ToDictionary(
            part => part.Task.Name,
            part => state.TryGetValue(Prefix + part.Task.Name, out string? value) ? double.Parse(value, CultureInfo.InvariantCulture) : Unknown,
            StringComparer.Ordinal);
    }

    /// <summary>What a checkpoint keeps.</summary>
    public IReadOnlyDictionary<string, string> State =>
        _accuracy.ToDictionary(entry => Prefix + entry.Key, entry => entry.Value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>Draws a task.</summary>
    public ITask Draw(Random random)
    {
        double[] weights = [.. _parts.Select(Weight)];
        double at = random.NextDouble() * weights.Sum();
        for (int i = 0; i < weights.Length; i++)
        {
            at -= weights[i];
            if (at < 0) return _parts[i].Task;
        }

        return _parts[^1].Task;
    }

    /// <summary>Takes note of the accuracy of a group.</summary>
    public void Learn(string task, double accuracy) => _accuracy[task] = Memory * _accuracy[task] + (1 - Memory) * accuracy;

    private double Weight((ITask Task, double Weight) part)
    {
        double accuracy = _accuracy[part.Task.Name];
        return part.Weight * (_isAdaptive ? accuracy * (1 - accuracy) + Floor : 1);
    }
}
