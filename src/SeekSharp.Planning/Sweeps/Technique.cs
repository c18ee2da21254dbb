namespace SeekSharp.Planning.Sweeps;

/// <summary>Something that can be turned on and off.</summary>
/// <typeparam name="TScenario">The scenario.</typeparam>
/// <param name="Name">Its name on the command line: "overlap".</param>
/// <param name="Set">The scenario with it on or off.</param>
public sealed record Technique<TScenario>(string Name, Func<TScenario, bool, TScenario> Set);
