using SeekSharp.Training.Tasks;

namespace SeekSharp.Training.Text;

/// <summary>Tasks and how often each is drawn. Immutable.</summary>
internal sealed class Mixture
{
    private readonly ITask[] _tasks;
    private readonly double[] _upTo;

    /// <summary>Creates a mixture.</summary>
    /// <param name="parts">Tasks with positive weights; only their ratios count.</param>
    /// <exception cref="ArgumentException">There is none, or a weight is not positive and finite.</exception>
    public Mixture(IReadOnlyList<(ITask Task, double Weight)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0) throw new ArgumentException("A mixture needs a task.", nameof(parts));
        _tasks = [.. parts.Select(part => part.Task)];
        _upTo = new double[parts.Count];
        double sum = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            double weight = parts[i].Weight;
            if (!(weight > 0) || !double.IsFinite(weight))
                throw new ArgumentException($"The weight of the task '{_tasks[i].Name}' is {weight}, not a positive number.", nameof(parts));
            _upTo[i] = sum += weight;
        }
    }

    /// <summary>The built-in tasks: families that need more practice more often, conversations about a fifth of all.</summary>
    public static IReadOnlyList<(ITask Task, double Weight)> DefaultParts { get; } =
    [
        .. TaskCatalog.Families.Select(task => (task, task.Name switch
        {
            "word-problems" => 2.5,
            "multiplication" or "countdown" or "clock" or "reversal" or "letter-counting" => 1.5,
            "greatest-common-divisor" or "units" or "boolean-logic" => 0.8,
            _ => 1.0,
        })),
        .. TaskCatalog.Conversations.Select(task => (task, task.Name switch
        {
            "outside-questions" => 1.5,
            "small-talk" or "introductions" or "here-and-now" => 0.4,
            "explanations" or "unneeded-tools" or "tool-results" => 0.5,
            _ => 0.8,
        })),
    ];

    /// <summary>A mixture of <see cref="DefaultParts"/>.</summary>
    public static Mixture Default { get; } = new(DefaultParts);

    /// <summary>Draws a task.</summary>
    public ITask Draw(Random random)
    {
        double at = random.NextDouble() * _upTo[^1];
        int index = Array.BinarySearch(_upTo, at);
        return _tasks[Math.Min(index < 0 ? ~index : index + 1, _tasks.Length - 1)];
    }
}
