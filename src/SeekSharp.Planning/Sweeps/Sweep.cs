using System.Globalization;
using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Sweeps;

/// <summary>Plans a scenario again and again with other values.</summary>
public static class Sweep
{
    /// <summary>Points of a sweep at most: parameters' values times series.</summary>
    public const int MostPoints = 1_000_000;

    private const int MostSteps = 100_000;

    /// <summary>Reads an axis: "link.inter=25..400GB/s" or "pipeline=4,8,16".</summary>
    /// <param name="text">Name, "=", and a range, values with commas between them, or one value.</param>
    /// <param name="parameters">The parameters that there are.</param>
    /// <param name="steps">Values of a range, both ends included.</param>
    /// <param name="isGeometric">Whether neighbours of a range have the same ratio; otherwise the same difference.</param>
    /// <exception cref="PlanningException">There is no such parameter, or the values make no sense.</exception>
    public static SweepAxis<TScenario> ParseAxis<TScenario>(string text, IReadOnlyList<SweepParameter<TScenario>> parameters, int steps, bool isGeometric)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(parameters);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0) throw new PlanningException($"'{text}' is no sweep; write a parameter and its values, such as 'link.inter=25..400GB/s'.");
        SweepParameter<TScenario> parameter = Find(text[..equals].Trim(), parameters, candidate => candidate.Name, "parameter");
        string values = text[(equals + 1)..].Trim();
        IReadOnlyList<double> read = values.Contains("..", StringComparison.Ordinal) ? Range(values, parameter, steps, isGeometric) : List(values, parameter);
        return new SweepAxis<TScenario>(parameter, [.. (parameter.IsWhole ? read.Select(value => Math.Round(value)) : read).Distinct()]);
    }

    /// <summary>Finds something by its name.</summary>
    /// <exception cref="PlanningException">There is no such thing; the message lists what there is.</exception>
    public static T Find<T>(string name, IReadOnlyList<T> candidates, Func<T, string> nameOf, string kind)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        foreach (T candidate in candidates)
            if (nameOf(candidate).Equals(name, StringComparison.OrdinalIgnoreCase)) return candidate;
        throw new PlanningException($"There is no {kind} '{name}'; there are {string.Join(", ", candidates.Select(nameOf))}.");
    }

    /// <summary>Finds techniques and turns them all on or off: one series, named after them.</summary>
    /// <param name="names">Names with "+" between them: "overlap+node-limit".</param>
    /// <param name="techniques">The techniques that there are.</param>
    /// <param name="isOn">Whether they are turned on.</param>
    /// <exception cref="PlanningException">There is no such technique.</exception>
    public static SweepSeries<TScenario> Series<TScenario>(string names, IReadOnlyList<Technique<TScenario>> techniques, bool isOn)
    {
        ArgumentNullException.ThrowIfNull(names);
        Technique<TScenario>[] found = [.. names.Split('+', StringSplitOptions.TrimEntries).Select(name => Find(name, techniques, technique => technique.Name, "technique"))];
        string joined = string.Join(" and ", found.Select(technique => technique.Name));
        return new SweepSeries<TScenario>($"{(isOn ? "with" : "without")} {joined}", scenario => found.Aggregate(scenario, (changed, technique) => technique.Set(changed, isOn)));
    }

    /// <summary>Plans every combination.</summary>
    /// <param name="scenario">Where all start from.</param>
    /// <param name="axes">Parameters with their values, at least one.</param>
    /// <param name="series">What else differs, at least one.</param>
    /// <param name="metric">What is looked at.</param>
    /// <exception cref="PlanningException">There are too many combinations, or none can be planned.</exception>
    public static SweepTable Run<TScenario>(
        TScenario scenario, IReadOnlyList<SweepAxis<TScenario>> axes, IReadOnlyList<SweepSeries<TScenario>> series, SweepMetric<TScenario> metric)
    {
        ArgumentNullException.ThrowIfNull(axes);
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(metric);
        if (axes.Count == 0) throw new PlanningException("Nothing is swept; give a parameter and its values, such as 'link.inter=25..400GB/s'.");
        if (axes.Select(axis => axis.Parameter.Name).Distinct().Count() < axes.Count) throw new PlanningException("A parameter is swept twice; give all its values at once.");
        double count = axes.Aggregate((double)series.Count, (product, axis) => product * axis.Values.Count);
        if (count > MostPoints) throw new PlanningException(FormattableString.Invariant($"{count:N0} points are more than {MostPoints:N0}; take fewer steps or series."));
        List<SweepPoint> points = [];
        string? problem = null;
        double[] values = new double[axes.Count];
        Visit(0);
        if (points.All(point => point.Results.All(result => result is null))) throw new PlanningException(problem ?? $"{metric.Name} is unknown at every point.");
        return new SweepTable(
            metric.Meaning, [.. axes.Select(axis => (axis.Parameter.Name, axis.Parameter.Meaning, axis.Parameter.Dimension))], [.. series.Select(line => line.Name)], points, problem);

        void Visit(int depth)
        {
            if (depth == axes.Count)
            {
                points.Add(new SweepPoint([.. values], [.. series.Select(Measure)]));
                return;
            }

            foreach (double value in axes[depth].Values)
            {
                values[depth] = value;
                Visit(depth + 1);
            }
        }

        double? Measure(SweepSeries<TScenario> line)
        {
            try
            {
                TScenario changed = line.Change(scenario);
                for (int i = 0; i < axes.Count; i++) changed = axes[i].Parameter.Set(changed, values[i]);
                double result = metric.Of(changed);
                return double.IsFinite(result) ? result : null;
            }
            catch (PlanningException exception)
            {
                problem ??= exception.Message;
                return null;
            }
        }
    }

    private static double[] Range<TScenario>(string text, SweepParameter<TScenario> parameter, int steps, bool isGeometric)
    {
        if (steps is < 2 or > MostSteps) throw new PlanningException(FormattableString.Invariant($"A range takes from 2 to {MostSteps:N0} steps, not {steps:N0}."));
        var (least, most) = Quantity.ParseRange(text, parameter.Dimension, parameter.Name);
        if (isGeometric && least <= 0) throw new PlanningException($"A range with equal ratios must begin above 0, but {parameter.Name} is '{text}'.");
        double[] values = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            double share = (double)i / (steps - 1);
            values[i] = isGeometric ? least * Math.Pow(most / least, share) : least + ((most - least) * share);
        }

        values[^1] = most;
        return values;
    }

    /// <summary>Values with commas between them; commas between digits of a number, as in "1,024", are not for lists. A unit behind the last value holds for those without one.</summary>
    private static double[] List<TScenario>(string text, SweepParameter<TScenario> parameter)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length > MostSteps) throw new PlanningException($"{parameter.Name} has more than {MostSteps.ToString("N0", CultureInfo.InvariantCulture)} values.");
        string last = parts[^1];
        string unit = last[(last.LastIndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.']) + 1)..];
        return [.. parts.Select(part => Quantity.Parse(part.Length > 0 && char.IsAsciiDigit(part[^1]) ? part + unit : part, parameter.Dimension, parameter.Name))];
    }
}
