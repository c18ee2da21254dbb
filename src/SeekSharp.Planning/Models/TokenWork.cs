namespace SeekSharp.Planning.Models;

/// <summary>Floating-point operations for one token of a sequence, 2 a multiply-add, with causal attention over the whole sequence.</summary>
/// <param name="Matrices">Products with the weights of attention, feed-forward and experts, forward: those that V3 §3.3.1 computes in FP8.</param>
/// <param name="SharedExperts">Of those, the shared experts: they can be computed while tokens travel to the routed ones.</param>
/// <param name="RoutedExperts">Of those, the routed experts: their devices wait for the one with most tokens.</param>
/// <param name="HighPrecision">Products with head and routers, which stay in BF16, forward.</param>
/// <param name="Attention">Scores and weighted values, forward: each token sees half the sequence on average.</param>
/// <param name="UpProjections">The up-projections of latent attention, which selective recomputation computes again (V3 §3.2.3).</param>
public readonly record struct TokenWork(double Matrices, double SharedExperts, double RoutedExperts, double HighPrecision, double Attention, double UpProjections)
{
    /// <summary>Backward over forward for products with weights: gradients of inputs and of weights.</summary>
    public const double BackwardShare = 2;

    /// <summary>Backward over forward for attention itself: five products instead of two, since the scores are computed again (FlashAttention).</summary>
    public const double AttentionBackwardShare = 2.5;

    /// <summary>All operations of a forward pass.</summary>
    public double Forward => Matrices + HighPrecision + Attention;

    /// <summary>All operations of a backward pass that computes attention's scores again, and nothing else.</summary>
    public double Backward => (BackwardShare * (Matrices + HighPrecision)) + (AttentionBackwardShare * Attention);

    /// <summary>Operations that the model needs, forward and backward, as utilisation is counted: nothing twice, so 6 a parameter, and 3 times attention.</summary>
    public double ModelOperations => 3 * Forward;

    /// <summary>Counts the work of one token.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequenceLength">Tokens of a sequence.</param>
    /// <param name="withPrediction">Whether the layers of multi-token prediction are trained too.</param>
    public static TokenWork Of(ModelShape model, double sequenceLength, bool withPrediction)
    {
        var config = model.Config;
        double hidden = config.HiddenSize;
        int predictions = withPrediction ? config.PredictionLayerCount : 0;
        int layers = config.LayerCount + predictions;
        int mixtures = model.MixtureLayers + (model.MixtureLayers > 0 ? predictions : 0);
        int dense = layers - mixtures;

        double weights = ((double)layers * model.Projections) + ((double)dense * model.Parameters.DenseFeedForward) + ((double)mixtures * model.ActiveExperts)
            + (predictions * 2 * hidden * hidden);
        double highPrecision = ((1.0 + predictions) * model.HeadSize) + ((double)mixtures * model.RouterMatrix);
        double attention = (double)layers * config.HeadCount * model.ScoreWidth * (sequenceLength + 1) / 2;
        return new TokenWork(
            2 * weights,
            2.0 * mixtures * model.Parameters.SharedExperts,
            2.0 * mixtures * (model.ActiveExperts - model.Parameters.SharedExperts),
            2 * highPrecision,
            2 * attention,
            2.0 * layers * model.UpProjections);
    }
}
