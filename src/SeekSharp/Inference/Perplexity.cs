namespace SeekSharp.Inference;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Value">exp of the mean negative log-probability of the scored tokens; the lower the better, at most the vocabulary's size for a fair guess.</param>
/// <param name="StandardError">Standard error of <paramref name="Value"/>, from that of the mean.</param>
/// <param name="Chunks">Windows that were read.</param>
/// <param name="ScoredTokens">Tokens that were scored.</param>
/// <param name="TextTokens">Tokens of the whole text.</param>
public sealed record PerplexityResult(double Value, double StandardError, int Chunks, int ScoredTokens, int TextTokens);

/// <summary>How far a measurement has come.</summary>
/// <param name="ChunksDone">Windows read so far.</param>
/// <param name="Chunks">Windows to read.</param>
/// <param name="Value">The result from the windows so far: perplexity, or mean divergence.</param>
public readonly record struct MeasurementProgress(int ChunksDone, int Chunks, double Value);

/// <summary>
/// Perplexity of a text: exp(-mean ln p(token | window before it)). Windows, scored tokens and standard error are counted as llama.cpp's
/// perplexity tool counts them, so that the numbers may stand side by side.
/// </summary>
public static class Perplexity
{
    /// <summary>Measures the perplexity of a text.</summary>
    /// <param name="engine">An engine whose cache holds a window (<see cref="TextWindowOptions.Context"/> tokens), of a model with a tokenizer.</param>
    /// <param name="text">At least two windows of text.</param>
    /// <param name="options">How the text is cut, or null for the defaults.</param>
    /// <param name="progress">Told after each window, or null.</param>
    /// <param name="cancellation">Ends the measurement between two windows.</param>
    /// <returns>The perplexity.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or the text is too short.</exception>
    /// <exception cref="ContextOverflowException">A window does not fit into the engine's cache.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes numbers that are none.</exception>
    /// <exception cref="Formats.ModelFormatException">The model has no tokenizer.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static PerplexityResult Measure(
        Engine engine, string text, TextWindowOptions? options = null, IProgress<MeasurementProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(text);
        int[] tokens = TextWindow.Tokenize(engine.Model, text);
        TextWindow[] windows = TextWindow.Cut(tokens, engine.Model.Tokenizer, options ?? new TextWindowOptions());
        int vocabulary = engine.Model.Config.VocabularySize;
        var logits = new float[WindowLogits.RowsPerBlock(vocabulary) * vocabulary];
        var losses = new MeanEstimate();
        for (int i = 0; i < windows.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Score(engine, windows[i], logits, ref losses);
            progress?.Report(new MeasurementProgress(i + 1, windows.Length, Math.Exp(losses.Mean)));
        }

        double perplexity = Math.Exp(losses.Mean);
        return new PerplexityResult(perplexity, perplexity * losses.Error, windows.Length, losses.Count, tokens.Length);
    }

    private static void Score(Engine engine, TextWindow window, float[] logits, ref MeanEstimate losses)
    {
        int vocabulary = engine.Model.Config.VocabularySize;
        using var reader = new WindowLogits(engine, window, logits);
        for (ReadOnlySpan<int> targets = window.Targets; reader.Next() is { IsEmpty: false } block;)
        {
            int rows = block.Length / vocabulary;
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> logitRow = block.Slice(row * vocabulary, vocabulary);
                losses.Add(WindowLogits.LogSum(logitRow) - logitRow[targets[row]]);
            }

            targets = targets[rows..];
        }
    }
}
