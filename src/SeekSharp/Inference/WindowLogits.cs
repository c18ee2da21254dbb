using System.Numerics.Tensors;

namespace SeekSharp.Inference;

/// <summary>Computes the logits of a window's scored positions block by block, so that a large vocabulary does not ask for all of them at once.</summary>
internal sealed class WindowLogits : IDisposable
{
    private readonly Engine _engine;
    private readonly Sequence _sequence;
    private readonly TextWindow _window;
    private readonly float[] _logits;
    private int _scored;

    /// <summary>Reads the window up to its first scored position.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="window">The window.</param>
    /// <param name="logits">Room for [rows, vocabulary] of a block.</param>
    public WindowLogits(Engine engine, TextWindow window, float[] logits)
    {
        _engine = engine;
        _window = window;
        _logits = logits;
        _sequence = engine.CreateSequence();
        if (window.First > 0) engine.Evaluate(_sequence, window.Tokens.AsSpan(0, window.First));
    }

    /// <summary>Rows of a block: some 16 MB of logits.</summary>
    public static int RowsPerBlock(int vocabularySize) => Math.Clamp((4 << 20) / vocabularySize, 1, 512);

    /// <summary>The logits behind the next scored positions [rows, vocabulary], valid until the next call; empty at the end.</summary>
    public ReadOnlySpan<float> Next()
    {
        int vocabulary = _engine.Model.Config.VocabularySize, rows = Math.Min(_window.Count - _scored, _logits.Length / vocabulary);
        if (rows == 0) return [];
        Span<float> block = _logits.AsSpan(0, rows * vocabulary);
        _engine.EvaluateAll(_sequence, _window.Tokens.AsSpan(_window.First + _scored, rows), block);
        _scored += rows;
        return block;
    }

    /// <summary>What to subtract from a row's logits for log-probabilities: the logarithm of the sum of their exponentials, in float64.</summary>
    /// <exception cref="NotFiniteNumberException">The model computed something that is not a number.</exception>
    public static double LogSum(ReadOnlySpan<float> logits)
    {
        float most = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits) sum += Math.Exp(logit - most);
        double logSum = most + Math.Log(sum);
        return double.IsFinite(logSum) ? logSum : throw new NotFiniteNumberException("The model computed a logit that is not a number.");
    }

    public void Dispose() => _sequence.Dispose();
}
