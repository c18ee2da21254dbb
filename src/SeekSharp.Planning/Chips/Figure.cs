namespace SeekSharp.Planning.Chips;

/// <summary>How sure a figure is.</summary>
public enum Confidence
{
    /// <summary>From the press, from memory or a guess: never presented as certain.</summary>
    Low,

    /// <summary>From a secondary source, or rounded by the vendor.</summary>
    Medium,

    /// <summary>From the vendor's data sheet or a paper.</summary>
    High,
}

/// <summary>A number of the world outside, with where it comes from.</summary>
/// <param name="Value">The number, in the unit of the property that has it.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">How sure it is.</param>
public sealed record Figure(double Value, string Source, Confidence Confidence);
