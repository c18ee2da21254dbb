using SeekSharp.Formats;

namespace SeekSharp.Models;

/// <summary>How many tokens each expert of each layer has computed. One thread counts; others may read meanwhile.</summary>
public sealed class ExpertLoad
{
    private readonly long[][] _counts;

    internal ExpertLoad(ModelConfig config, int layers)
    {
        int experts = config.MixtureOfExperts?.ExpertCount ?? 0;
        _counts = [.. Enumerable.Range(0, layers).Select(layer => config.IsMixtureLayer(layer) ? new long[experts] : [])];
    }

    /// <summary>Number of layers, those without experts among them.</summary>
    public int LayerCount => _counts.Length;

    /// <summary>Tokens of each expert of a layer.</summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>A count per expert; empty where the layer has none.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public IReadOnlyList<long> Tokens(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)layer, (uint)_counts.Length, nameof(layer));
        long[] counts = _counts[layer], copy = new long[counts.Length];
        for (int i = 0; i < copy.Length; i++) copy[i] = Volatile.Read(ref counts[i]);
        return copy;
    }

    /// <summary>
    /// How far a layer is from an even load: tokens of its busiest expert over the mean of all, minus 1 (MaxVio of arXiv 2408.15664 §4.1, over all tokens so far).
    /// </summary>
    /// <param name="layer">Layer, from 0.</param>
    /// <returns>0 where all experts compute as many tokens, or none any.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public double MaximalViolation(int layer)
    {
        IReadOnlyList<long> tokens = Tokens(layer);
        long sum = tokens.Sum();
        return sum == 0 ? 0 : (double)tokens.Max() * tokens.Count / sum - 1;
    }

    /// <summary>Counts the choices of one layer in a pass.</summary>
    internal void Add(int layer, ReadOnlySpan<int> experts)
    {
        long[] counts = _counts[layer];
        foreach (int expert in experts) counts[expert]++;
    }
}
