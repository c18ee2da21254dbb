using System.Numerics.Tensors;
using SeekSharp.Tokenizers;

namespace SeekSharp.Inference;

/// <summary>How far one model's predictions are from another's.</summary>
public sealed record ModelDifference
{
    private readonly double[] _divergences;

    internal ModelDifference(double[] sortedDivergences) => _divergences = sortedDivergences;

    /// <summary>Perplexity of the text under the base model.</summary>
    public required PerplexityResult Base { get; init; }

    /// <summary>Perplexity of the text under the other model.</summary>
    public required PerplexityResult Other { get; init; }

    /// <summary>Mean over the scored tokens of ln p(token) under the other model less that under the base model; below 0 where the other predicts worse.</summary>
    public required double LogProbabilityDifference { get; init; }

    /// <summary>Standard error of <see cref="LogProbabilityDifference"/>.</summary>
    public required double LogProbabilityDifferenceError { get; init; }

    /// <summary>Mean of KL(base || other) = sum of p ln(p / q) over the vocabulary, in nats.</summary>
    public required double MeanDivergence { get; init; }

    /// <summary>Standard error of <see cref="MeanDivergence"/>.</summary>
    public required double MeanDivergenceError { get; init; }

    /// <summary>Greatest divergence of any position, in nats.</summary>
    public double MaxDivergence => _divergences[^1];

    /// <summary>Share of the positions where both models find the same token most probable, 0 to 1.</summary>
    public required double TopAgreement { get; init; }

    /// <summary>The divergence below which a share of the positions lies; between two positions it is interpolated.</summary>
    /// <param name="share">0 (the least) to 1 (the greatest).</param>
    /// <returns>The divergence in nats.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not in 0 to 1.</exception>
    public double DivergencePercentile(double share)
    {
        if (!(share is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "A share lies in 0 to 1.");
        double place = share * (_divergences.Length - 1);
        int below = (int)place;
        double next = _divergences[Math.Min(below + 1, _divergences.Length - 1)];
        return _divergences[below] + (place - below) * (next - _divergences[below]);
    }
}

/// <summary>Compares the predictions of two models with the same vocabulary on a text: what quantising, or another engine option, costs.</summary>
public static class ModelComparison
{
    /// <summary>Compares two models.</summary>
    /// <param name="baseEngine">The engine of the model to compare with; its cache holds a window.</param>
    /// <param name="otherEngine">The engine of the other model; its cache holds a window.</param>
    /// <param name="text">At least two windows of text; the base model's tokenizer cuts it.</param>
    /// <param name="options">How the text is cut (as for <see cref="Perplexity"/>), or null for the defaults.</param>
    /// <param name="progress">Told after each window, with the mean divergence so far; or null.</param>
    /// <param name="cancellation">Ends the comparison between two windows.</param>
    /// <returns>The difference.</returns>
    /// <exception cref="ArgumentException">The vocabularies differ, an option is out of its range, or the text is too short.</exception>
    /// <exception cref="ContextOverflowException">A window does not fit into an engine's cache.</exception>
    /// <exception cref="NotFiniteNumberException">A model computes numbers that are none.</exception>
    /// <exception cref="Formats.ModelFormatException">A model has no tokenizer.</exception>
    /// <exception cref="OperationCanceledException">The comparison was cancelled.</exception>
    public static ModelDifference Measure(
        Engine baseEngine,
        Engine otherEngine,
        string text,
        TextWindowOptions? options = null,
        IProgress<MeasurementProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseEngine);
        ArgumentNullException.ThrowIfNull(otherEngine);
        ArgumentNullException.ThrowIfNull(text);
        RequireSameVocabulary(baseEngine.Model, otherEngine.Model);
        int[] tokens = TextWindow.Tokenize(baseEngine.Model, text);
        TextWindow[] windows = TextWindow.Cut(tokens, baseEngine.Model.Tokenizer, options ?? new TextWindowOptions());
        var comparison = new Comparison(baseEngine.Model.Config.VocabularySize);
        for (int i = 0; i < windows.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            comparison.Add(baseEngine, otherEngine, windows[i]);
            progress?.Report(new MeasurementProgress(i + 1, windows.Length, comparison.MeanDivergence));
        }

        return comparison.Result(windows.Length, tokens.Length);
    }

    /// <summary>Checks that two models give their logits to the same tokens.</summary>
    /// <exception cref="ArgumentException">They do not; the message says where.</exception>
    private static void RequireSameVocabulary(LanguageModel first, LanguageModel second)
    {
        if (first.Config.VocabularySize != second.Config.VocabularySize)
            throw new ArgumentException($"The models have vocabularies of {first.Config.VocabularySize} and {second.Config.VocabularySize} tokens and cannot be compared.");
        Tokenizer a = first.Tokenizer, b = second.Tokenizer;
        if (a.VocabularySize != b.VocabularySize)
            throw new ArgumentException($"The models' tokenizers have {a.VocabularySize} and {b.VocabularySize} tokens and cannot be compared.");
        for (int token = 0; token < a.VocabularySize; token++)
            if (!a.TokenBytes(token).SequenceEqual(b.TokenBytes(token)))
                throw new ArgumentException($"The models' vocabularies differ (at token {token}) and cannot be compared.");
    }

    /// <summary>Sums over all positions so far.</summary>
    private sealed class Comparison(int vocabulary)
    {
        private readonly float[] _baseLogits = new float[WindowLogits.RowsPerBlock(vocabulary) * vocabulary];
        private readonly float[] _otherLogits = new float[WindowLogits.RowsPerBlock(vocabulary) * vocabulary];
        private readonly List<double> _divergences = [];
        private MeanEstimate _baseLoss;
        private MeanEstimate _otherLoss;
        private MeanEstimate _gain;
        private MeanEstimate _divergence;
        private int _agreements;

        public double MeanDivergence => _divergence.Mean;

        public void Add(Engine baseEngine, Engine otherEngine, TextWindow window)
        {
            using var baseReader = new WindowLogits(baseEngine, window, _baseLogits);
            using var otherReader = new WindowLogits(otherEngine, window, _otherLogits);
            for (ReadOnlySpan<int> targets = window.Targets; baseReader.Next() is { IsEmpty: false } baseBlock;)
            {
                ReadOnlySpan<float> otherBlock = otherReader.Next();
                int rows = baseBlock.Length / vocabulary;
                for (int row = 0; row < rows; row++)
                    Add(baseBlock.Slice(row * vocabulary, vocabulary), otherBlock.Slice(row * vocabulary, vocabulary), targets[row]);
                targets = targets[rows..];
            }
        }

        public ModelDifference Result(int chunks, int textTokens) => new([.. _divergences.Order()])
        {
            Base = PerplexityOf(_baseLoss, chunks, textTokens),
            Other = PerplexityOf(_otherLoss, chunks, textTokens),
            LogProbabilityDifference = _gain.Mean,
            LogProbabilityDifferenceError = _gain.Error,
            MeanDivergence = _divergence.Mean,
            MeanDivergenceError = _divergence.Error,
            TopAgreement = (double)_agreements / _divergences.Count,
        };

        private static PerplexityResult PerplexityOf(MeanEstimate loss, int chunks, int textTokens) =>
            new(Math.Exp(loss.Mean), Math.Exp(loss.Mean) * loss.Error, chunks, loss.Count, textTokens);

        private void Add(ReadOnlySpan<float> baseLogits, ReadOnlySpan<float> otherLogits, int target)
        {
            double baseSum = WindowLogits.LogSum(baseLogits), otherSum = WindowLogits.LogSum(otherLogits);
            double baseLoss = baseSum - baseLogits[target], otherLoss = otherSum - otherLogits[target];
            _baseLoss.Add(baseLoss);
            _otherLoss.Add(otherLoss);
            _gain.Add(baseLoss - otherLoss);
            double divergence = 0;
            for (int i = 0; i < baseLogits.Length; i++)
            {
                double logProbability = baseLogits[i] - baseSum, probability = Math.Exp(logProbability);
                // A forbidden token (a logit of minus infinity) adds 0 x ln 0 = 0.
                if (probability > 0) divergence += probability * (logProbability - (otherLogits[i] - otherSum));
            }

            _divergence.Add(divergence);
            _divergences.Add(divergence);
            if (TensorPrimitives.IndexOfMax(baseLogits) == TensorPrimitives.IndexOfMax(otherLogits)) _agreements++;
        }
    }
}
