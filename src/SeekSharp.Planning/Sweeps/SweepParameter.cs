using SeekSharp.Planning.Units;

namespace SeekSharp.Planning.Sweeps;

/// <summary>Something of a scenario that a sweep can change.</summary>
/// <typeparam name="TScenario">The scenario.</typeparam>
/// <param name="Name">Its name on the command line: "link.inter".</param>
/// <param name="Meaning">What it is, for people.</param>
/// <param name="Dimension">What it measures.</param>
/// <param name="IsWhole">Whether it takes whole numbers only.</param>
/// <param name="Set">The scenario with another value.</param>
public sealed record SweepParameter<TScenario>(string Name, string Meaning, Dimension Dimension, bool IsWhole, Func<TScenario, double, TScenario> Set);

/// <summary>A parameter with the values it takes.</summary>
/// <typeparam name="TScenario">The scenario.</typeparam>
/// <param name="Parameter">The parameter.</param>
/// <param name="Values">The values, in the unit of its dimension.</param>
public sealed record SweepAxis<TScenario>(SweepParameter<TScenario> Parameter, IReadOnlyList<double> Values);

/// <summary>One line of a sweep: the scenario with something on, off or replaced.</summary>
/// <typeparam name="TScenario">The scenario.</typeparam>
/// <param name="Name">Its name in tables: "without overlap".</param>
/// <param name="Change">What is different.</param>
public sealed record SweepSeries<TScenario>(string Name, Func<TScenario, TScenario> Change);

/// <summary>What a sweep looks at.</summary>
/// <typeparam name="TScenario">The scenario.</typeparam>
/// <param name="Name">Its name on the command line: "throughput".</param>
/// <param name="Meaning">With unit, for people.</param>
/// <param name="Of">The value; not finite where it is unknown.</param>
public sealed record SweepMetric<TScenario>(string Name, string Meaning, Func<TScenario, double> Of);
