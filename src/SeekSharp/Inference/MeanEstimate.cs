namespace SeekSharp.Inference;

/// <summary>The mean of numbers that come one by one, with its standard error.</summary>
internal struct MeanEstimate
{
    private double _sum;
    private double _squares;

    /// <summary>How many numbers there were.</summary>
    public int Count { get; private set; }

    public readonly double Mean => _sum / Count;

    /// <summary>Standard deviation of the mean: sqrt((mean of squares - square of mean) / (count - 1)); 0 for a single number.</summary>
    public readonly double Error => Count < 2 ? 0 : Math.Sqrt(Math.Max(_squares / Count - Mean * Mean, 0) / (Count - 1));

    public void Add(double value)
    {
        _sum += value;
        _squares += value * value;
        Count++;
    }
}
