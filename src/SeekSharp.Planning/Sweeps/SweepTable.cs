using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Sweeps;

/// <summary>One combination of values.</summary>
/// <param name="Values">The value of each parameter.</param>
/// <param name="Results">The metric of each series; null where that cannot be planned.</param>
public sealed record SweepPoint(IReadOnlyList<double> Values, IReadOnlyList<double?> Results);

/// <summary>What a sweep found.</summary>
/// <param name="Metric">What was measured, with its unit.</param>
/// <param name="Parameters">Name, meaning and dimension of each parameter that was changed.</param>
/// <param name="Series">Names of the series.</param>
/// <param name="Points">All combinations, those of the last parameter beside each other.</param>
/// <param name="Problem">Why the first of those that cannot be planned cannot be, in a sentence; null: all can.</param>
public sealed record SweepTable(
    string Metric, IReadOnlyList<(string Name, string Meaning, Dimension Dimension)> Parameters, IReadOnlyList<string> Series, IReadOnlyList<SweepPoint> Points, string? Problem);
