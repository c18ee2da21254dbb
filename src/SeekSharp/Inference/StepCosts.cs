using SeekSharp.Formats;

namespace SeekSharp.Inference;

/// <summary>
/// What a decoding step costs, by its number of tokens: measured as steps are made; where a number of tokens has not occurred yet, what the bytes suggest that must
/// be read: all weights but the routed experts once, and as many experts as so many tokens are likely to choose together.
/// </summary>
internal sealed class StepCosts
{
    /// <summary>Most tokens of a step whose cost is told apart.</summary>
    public const int MaxTokens = 64;

    // What another token costs beside the bytes: its own attention, activations and arithmetic.
    private const double PerToken = 0.08;
    private const double PaceWeight = 1.0 / 8, ShapeWeight = 1.0 / 32;
    private const int FirstSteps = 3;

    // Cost = pace x shape. A machine that gets slower or faster, because of others that use it, does so for all numbers of tokens: the pace follows at once, and what has
    // not been measured for long follows with it.
    private readonly double[] _expected = new double[MaxTokens + 1];
    private readonly double[] _shape = new double[MaxTokens + 1];
    private readonly int[] _counts = new int[MaxTokens + 1];
    private readonly int _layers;
    private double _pace = 1;
    private double _predictionSeconds;
    private int _predictions;

    public StepCosts(ModelConfig config)
    {
        _layers = config.LayerCount;
        double routed = RoutedShare(config);
        for (int tokens = 1; tokens <= MaxTokens; tokens++)
            _expected[tokens] = 1 - routed + routed * DistinctExperts(config, tokens) + PerToken * (tokens - 1);
    }

    /// <summary>Whether <see cref="Of"/> is in seconds.</summary>
    public bool IsMeasured { get; private set; }

    /// <summary>Takes a measured step in.</summary>
    public void Observe(int tokens, double seconds)
    {
        if (tokens > MaxTokens) return;
        if (!IsMeasured) _pace = seconds / _expected[tokens];
        IsMeasured = true;
        // What interrupts a step says nothing about the next one.
        double change = Math.Min(seconds / Of(tokens), 2);
        _shape[tokens] = ShapeOf(tokens) * Math.Pow(change, Math.Max(2.0 / (_counts[tokens] + 3), ShapeWeight));
        if (_counts[tokens]++ >= FirstSteps) _pace *= Math.Pow(change, PaceWeight);
    }

    /// <summary>Cost of a pass of the prediction module, in the unit of <see cref="Of"/>.</summary>
    public double Prediction => _predictions > 0 ? _predictionSeconds : Of(1) / _layers;

    /// <summary>Takes a measured pass of the prediction module in.</summary>
    public void ObservePrediction(double seconds)
    {
        double known = _predictions > 0 ? _predictionSeconds : seconds;
        _predictionSeconds = known + (Math.Min(seconds, 2 * known) - known) * PaceWeight;
        _predictions++;
    }

    /// <summary>Cost of a step, in seconds once any has been measured; only the ratios of costs mean anything before.</summary>
    public double Of(int tokens) => _pace * ShapeOf(tokens);

    private double ShapeOf(int tokens)
    {
        if (_counts[tokens] > 0) return _shape[tokens];
        int nearest = Nearest(tokens);
        return nearest == 0 ? _expected[tokens] : _shape[nearest] * _expected[tokens] / _expected[nearest];
    }

    /// <summary>The nearest number of tokens that was measured, the smaller of equals; 0 where none was.</summary>
    private int Nearest(int tokens)
    {
        for (int distance = 1; distance < MaxTokens; distance++)
        {
            if (tokens - distance >= 1 && _counts[tokens - distance] > 0) return tokens - distance;
            if (tokens + distance <= MaxTokens && _counts[tokens + distance] > 0) return tokens + distance;
        }

        return 0;
    }

    /// <summary>Share of routed experts in the weights that one token reads.</summary>
    private static double RoutedShare(ModelConfig config)
    {
        if (config.MixtureOfExperts is not { } moe) return 0;
        ParameterCounts counts = ParameterCounts.Of(config);
        double read = counts.Active - (config.TiedEmbeddings ? 0 : counts.Embedding);
        return (config.LayerCount - moe.LeadingDenseLayers) * (double)moe.ExpertsPerToken * counts.Expert / read;
    }

    /// <summary>Experts that some tokens choose together, in units of those of one token, if they choose independently.</summary>
    private static double DistinctExperts(ModelConfig config, int tokens)
    {
        if (config.MixtureOfExperts is not { } moe) return 1;
        double share = (double)moe.ExpertsPerToken / moe.ExpertCount;
        return (1 - Math.Pow(1 - share, tokens)) / share;
    }
}
