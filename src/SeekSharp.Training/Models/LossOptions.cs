namespace SeekSharp.Training.Models;

/// <summary>What is added to the cross-entropy. The defaults add nothing.</summary>
public sealed record LossOptions
{
    /// <summary>λ of multi-token prediction (DeepSeek-V3 equation 25): 0.3, then 0.1 there. 0 leaves the prediction layers out.</summary>
    public double PredictionWeight { get; init; }

    /// <summary>α of the complementary sequence-wise balance loss (DeepSeek-V3 equations 17 to 20): 1e-4 there.</summary>
    public double SequenceBalanceWeight { get; init; }

    /// <summary>α1 of the expert-level balance loss (DeepSeek-V2 equations 23 to 25): 0.003 there. For comparison with balancing without a loss.</summary>
    public double AuxiliaryBalanceWeight { get; init; }
}
