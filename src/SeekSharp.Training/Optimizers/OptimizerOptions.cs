namespace SeekSharp.Training.Optimizers;

/// <summary>How parameters are moved.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Whether matrices are moved by Muon; otherwise AdamW moves everything.</summary>
    public bool UsesMuon { get; init; } = true;

    /// <summary>Momentum of Muon.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Decay of AdamW's mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of AdamW's mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to AdamW's denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Share of a weight that is taken away per step, times the learning rate. Norms and biases are spared.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Gradients are scaled down to this norm, all together; infinity leaves them.</summary>
    public double MaxGradientNorm { get; init; } = 1;
}
