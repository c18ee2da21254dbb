namespace SeekSharp.Training.Models;

/// <summary>How often the experts of one layer were chosen.</summary>
public sealed class RouterStatistics
{
    private readonly long[] _load;

    internal RouterStatistics(int layer, int experts)
    {
        Layer = layer;
        _load = new long[experts];
    }

    /// <summary>The layer, from 0; prediction layers are behind the others.</summary>
    public int Layer { get; }

    /// <summary>Choices of each expert since the last <see cref="Clear"/>.</summary>
    public IReadOnlyList<long> Load => _load;

    /// <summary>Choices of all experts together.</summary>
    public long Tokens => _load.Sum();

    /// <summary>Greatest load over the mean, minus 1: MaxVio of arXiv 2408.15664; 0 is perfect balance.</summary>
    public double MaxViolation => Tokens == 0 ? 0 : _load.Max() / _load.Average() - 1;

    /// <summary>Starts to count again.</summary>
    public void Clear() => _load.AsSpan().Clear();

    internal void Add(int[] load)
    {
        for (int i = 0; i < load.Length; i++) _load[i] += load[i];
    }
}
