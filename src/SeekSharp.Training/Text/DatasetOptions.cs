namespace SeekSharp.Training.Text;

/// <summary>How examples become batches.</summary>
internal sealed record DatasetOptions
{
    /// <summary>Seed of everything that is drawn.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Most tokens of a batch, padding included.</summary>
    public int TokensPerBatch { get; init; } = 4096;

    /// <summary>Longest example in tokens; longer ones are drawn again.</summary>
    public int LongestExample { get; init; } = 384;

    /// <summary>Examples that are sorted by length together.</summary>
    public int ExamplesPerWindow { get; init; } = 2048;

    /// <summary>Share of examples without thoughts: what the model does where thinking is switched off.</summary>
    public double ShareWithoutThought { get; init; } = 0.03;

    /// <summary>Share of examples behind a system message that says nothing of importance.</summary>
    public double ShareWithSystem { get; init; } = 0.06;

    /// <summary>Replies that were found right, to learn from beside the demonstrations.</summary>
    public IReadOnlyList<TrainingExample> Samples { get; init; } = [];

    /// <summary>Share of examples that are drawn from <see cref="Samples"/>.</summary>
    public double ShareOfSamples { get; init; }
}
